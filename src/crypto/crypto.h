/* Starts the cryptographic library: PSA Crypto, a part of Mbed TLS. Hashes, ciphers, keys, X.509
 * and TLS all need it. */
#ifndef WCP_CRYPTO_CRYPTO_H
#define WCP_CRYPTO_CRYPTO_H

#include <stdbool.h>

/* Starts the library. Call it once, before any other function of crypto/, pki/ or net/tls. Returns
 * false when there is no memory or no source of random bytes. */
bool crypto_start(void);

/* Restarts the library in a child of fork(2). Returns as crypto_start. A random generator that the
 * library keeps in memory is duplicated by the fork: without this call, parent and child would draw
 * the same bytes. Call it before the sandbox closes, since seeding a generator may read files. */
bool crypto_start_in_child(void);

#endif

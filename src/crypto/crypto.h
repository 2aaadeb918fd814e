/* The cryptographic library as a whole: PSA's part of Mbed TLS, which hashes, ciphers, keys, X.509
 * and TLS stand on. What it does for us is in the other headers of this folder. */
#ifndef WCP_CRYPTO_CRYPTO_H
#define WCP_CRYPTO_CRYPTO_H

#include <stdbool.h>

/* Starts the library: once, before anything of this folder, pki/ or net/tls is used. False when it
 * has no memory or no source of random bytes. */
bool crypto_start(void);

/* Starts the library anew in a child of fork, before the sandbox closes, since seeding a random
 * generator may read files. A generator that a system's library keeps in memory was duplicated by
 * the fork: without this, parent and children would draw the same bytes. */
bool crypto_start_in_child(void);

#endif

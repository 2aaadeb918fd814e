/* The heart of SHA-256 and SHA-224 (FIPS 180-4), for all who hash: the library around it calls it
 * too (its SHA256_PROCESS_ALT), so that TLS and files have the processor's instructions as well. */
#ifndef WCP_CRYPTO_SHA256_H
#define WCP_CRYPTO_SHA256_H

#include <stdint.h>

enum { SHA256_BLOCK_SIZE = 64 };

/* §4.2.2; on a boundary of 16 bytes. */
extern const uint32_t sha256_constants[64];

/* Takes a block into the state, by the processor's own instructions where it has them (§6.2.2). */
void sha256_block(uint32_t state[8], const uint8_t block[SHA256_BLOCK_SIZE]);
/* The same in C. */
void sha256_block_portable(uint32_t state[8], const uint8_t block[SHA256_BLOCK_SIZE]);

#endif

/* SHA-1 (FIPS 180-4), for HMAC in ACM's key encryption only. A tenth of the size of the library's,
 * whose 80 steps are unrolled; what it is fed is secret, so it branches on lengths only. */
#ifndef WCP_CRYPTO_SHA1_H
#define WCP_CRYPTO_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { SHA1_SIZE = 20, SHA1_BLOCK_SIZE = 64 };

/* A message that is being hashed; a copy goes on from where the original was. */
struct sha1 {
    uint32_t state[5];
    uint64_t length; /* bytes so far; what does not fill a block waits in `block` */
    uint8_t block[SHA1_BLOCK_SIZE];
};

void sha1_start(struct sha1 *sha1);
void sha1_add(struct sha1 *sha1, const void *bytes, size_t size);
/* Ends the message; `sha1` must be started anew before it is used again. */
void sha1_finish(struct sha1 *sha1, uint8_t digest[SHA1_SIZE]);

#endif

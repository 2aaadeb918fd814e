/* The SHA instructions that x86-64 processors have since about 2017. The inner loop of PBKDF2 lets
 * nothing leave the registers between two rounds: a key is opened in a third of the time. */
#ifndef WCP_CRYPTO_SHA_X86_H
#define WCP_CRYPTO_SHA_X86_H

#include <stdbool.h>
#include <stdint.h>

/* Asks the processor, which hypervisors make slow (microseconds), the first time only. False on
 * other architectures. */
bool sha_x86_is_supported(void);

/* Hashes of SHA-1 (five words) or SHA-256 (eight): `digest` comes in as the first
 * result of an HMAC whose key has left the states `inner` and `outer`, and goes out as its
 * exclusive or with the results of `rounds` more, each of the one before (RFC 8018 §5.2). Only
 * where sha_x86_is_supported. */
void sha1_x86_stretch(const uint32_t inner[5], const uint32_t outer[5], uint32_t digest[5],
                      uint32_t rounds);
void sha256_x86_stretch(const uint32_t inner[8], const uint32_t outer[8], uint32_t digest[8],
                        uint32_t rounds);

/* As sha256_block, likewise. */
void sha256_x86_block(uint32_t state[8], const uint8_t block[64]);

#endif

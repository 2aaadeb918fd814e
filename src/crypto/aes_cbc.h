/* AES in cipher block chaining mode (NIST SP 800-38A §6.2), for encrypted private keys. */
#ifndef WCP_CRYPTO_AES_CBC_H
#define WCP_CRYPTO_AES_CBC_H

#include "base/buf.h"

enum { AES_BLOCK_SIZE = 16 };

/* Decrypts `encrypted` and appends the plaintext without its PKCS#7 padding (RFC 5652 §6.3) to
 * `plain`, a secret buffer. `key` has 16, 24 or 32 bytes. False when `encrypted` is no positive
 * multiple of 16 bytes, when the padding is wrong (a wrong key shows so, 255 times of 256), past
 * the buffer's limit, which needs room for `encrypted` whole, or without memory; then nothing is
 * appended. crypto_start must have been called. */
bool aes_cbc_decrypt(struct str key, const uint8_t iv[AES_BLOCK_SIZE], struct str encrypted,
                     struct buf *plain);

#endif

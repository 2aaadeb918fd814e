/* AES in cipher block chaining mode (NIST SP 800-38A §6.2), to decrypt private keys. */
#ifndef WCP_CRYPTO_AES_CBC_H
#define WCP_CRYPTO_AES_CBC_H

#include "base/buf.h"

enum { AES_BLOCK_SIZE = 16 };

/* Decrypts `encrypted` and appends the plaintext, without its PKCS#7 padding (RFC 5652 §6.3), to
 * `plain`, a secret buffer with room for `encrypted.length` bytes. `key` has 16, 24 or 32 bytes.
 * crypto_start must have been called.
 *
 * Returns false and appends nothing when `encrypted` is empty or not a multiple of 16 bytes, when
 * the padding is wrong, when the buffer lacks room, or when memory is short. A wrong key gives
 * correct padding once in 256 times: the caller must check the plaintext. */
bool aes_cbc_decrypt(struct str key, const uint8_t iv[AES_BLOCK_SIZE], struct str encrypted,
                     struct buf *plain);

#endif

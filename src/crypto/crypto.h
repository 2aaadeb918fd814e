/* The primitives: SHA-2, HMAC, PBKDF2, AES-CBC, base64, hex. Mbed TLS stays behind this header. */
#ifndef WCP_CRYPTO_CRYPTO_H
#define WCP_CRYPTO_CRYPTO_H

#include "base/buf.h"

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65, AES_BLOCK_SIZE = 16, PBKDF2_LONGEST = 64 };

enum hash { HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

/* FIPS 180-4. */
void sha256(struct str message, uint8_t digest[SHA256_SIZE]);
/* The same as 64 lower-case hexadecimal digits and a terminator. */
void sha256_hex(struct str message, char out[SHA256_HEX_SIZE]);
/* RFC 2104 with SHA-256; key of any length. */
void hmac_sha256(struct str key, struct str message, uint8_t mac[SHA256_SIZE]);

/* RFC 8018 §5.2: fills `out` with `size` bytes, 1 to PBKDF2_LONGEST. `iterations` >= 1: the caller
 * bounds it. */
void pbkdf2(enum hash hash, struct str password, struct str salt, uint32_t iterations, uint8_t *out,
            size_t size);
/* The same without the loops of sha_x86.h: what tests compare it with. */
void pbkdf2_portable(enum hash hash, struct str password, struct str salt, uint32_t iterations,
                     uint8_t *out, size_t size);

/* Decrypts AES-CBC in place and removes the PKCS#7 padding. `key_size` is 16, 24 or 32. `length`
 * goes in as the ciphertext's and comes back as the plaintext's; false when it is no positive
 * multiple of 16 or the padding is wrong (a wrong key shows so, 255 times of 256). */
bool aes_cbc_decrypt(const uint8_t *key, size_t key_size, const uint8_t iv[AES_BLOCK_SIZE],
                     uint8_t *data, size_t *length);

/* RFC 4648 §4, without line breaks. Appends; false when the buffer's limit is passed. */
bool base64_encode(struct str bytes, struct buf *out);
/* Strict but for white space (CR, LF, space, tab), which is skipped; padding must be right.
 * Appends; what was appended before an error was found stays. In constant time for the alphabet,
 * since keys pass here. */
bool base64_decode(struct str text, struct buf *out);
/* True when every byte is of the alphabet, '=' or white space as above: what base64_decode needs at
 * least. */
bool base64_is_plausible(struct str text);

/* `size` bytes as 2 × `size` lower-case digits and a terminator. */
void hex_encode(const uint8_t *bytes, size_t size, char *out);

/* Compares in a time that depends on `size` only. */
bool equal_in_constant_time(const void *a, const void *b, size_t size);

/* Starts what TLS and key checks need; once in each process, and only after fork. */
bool crypto_start(void);

#endif

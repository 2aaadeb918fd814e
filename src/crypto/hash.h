/* Hashes (FIPS 180-4) and HMAC (RFC 2104), computed by the library's PSA functions. crypto_start
 * must have been called. */
#ifndef WCP_CRYPTO_HASH_H
#define WCP_CRYPTO_HASH_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SHA256_SIZE = 32,     /* of a digest, in bytes */
    SHA256_HEX_SIZE = 65, /* of its hexadecimal digits and a terminator */
};

/* The hashes that the encryption of a private key may use. */
enum hash { HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

/* Writes the SHA-256 digest of `message`. Aborts the process when the library cannot hash, which
 * happens only if it was built without SHA-256. There is no error to handle, because digests decide
 * whether files are replaced and none may be wrong. */
void sha256(struct str message, uint8_t digest[SHA256_SIZE]);

/* Writes the SHA-256 digest of `message` as 64 lower-case hexadecimal digits and a terminator. */
void sha256_hex(struct str message, char out[SHA256_HEX_SIZE]);

/* Writes the HMAC-SHA-256 of `message`. `key` may have any length. Aborts as sha256 does. */
void hmac_sha256(struct str key, struct str message, uint8_t mac[SHA256_SIZE]);

/* Writes `size` bytes as 2 × `size` lower-case hexadecimal digits and a terminator. */
void hex_encode(const uint8_t *bytes, size_t size, char *out);

#endif

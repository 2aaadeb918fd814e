/* Hashes (FIPS 180-4) and HMAC (RFC 2104), computed by the PSA functions of the library. */
#ifndef WCP_CRYPTO_HASH_H
#define WCP_CRYPTO_HASH_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65 };

/* The hashes that an encrypted key may name. */
enum hash { HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

/* Writes the SHA-256 of `message` to `digest`. Ends the process when the library cannot hash, which
 * happens only if it was built without SHA-256: digests decide whether files are replaced, and none
 * may be made up. */
void sha256(struct str message, uint8_t digest[SHA256_SIZE]);

/* The same as 64 lower-case hexadecimal digits and a terminator. */
void sha256_hex(struct str message, char out[SHA256_HEX_SIZE]);

/* Writes HMAC-SHA-256 of `message` to `mac`; `key` may have any length. Ends the process as sha256
 * does. */
void hmac_sha256(struct str key, struct str message, uint8_t mac[SHA256_SIZE]);

/* Writes `size` bytes as 2 × `size` lower-case digits and a terminator. */
void hex_encode(const uint8_t *bytes, size_t size, char *out);

#endif

#include "crypto/hash.h"

#include "base/buf.h"
#include "crypto/hmac.h"

void sha256(struct str message, uint8_t digest[SHA256_SIZE])
{
    size_t length = 0;
    hash_require_success(psa_hash_compute(PSA_ALG_SHA_256, (const uint8_t *)message.data,
                                          message.length, digest, SHA256_SIZE, &length));
}

void sha256_hex(struct str message, char out[SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    sha256(message, digest);
    hex_encode(digest, sizeof digest, out);
}

void hmac_sha256(struct str key, struct str message, uint8_t mac[SHA256_SIZE])
{
    struct hmac hmac;
    hmac_start(&hmac, PSA_ALG_SHA_256, key);
    hmac_compute(&hmac, message, (struct str){NULL, 0}, mac);
    hmac_free(&hmac);
}

void hex_encode(const uint8_t *bytes, size_t size, char *out)
{
    for (size_t i = 0; i < 2 * size; i++) {
        unsigned digit = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 0xfu;
        out[i] = (char)('0' + digit + (digit > 9 ? 'a' - '0' - 10u : 0u));
    }
    out[2 * size] = '\0';
}

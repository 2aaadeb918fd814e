#include "crypto/pbkdf2.h"

#include "base/buf.h"
#include "crypto/hmac.h"

#include <arpa/inet.h>
#include <string.h>

static psa_algorithm_t algorithm_of(enum hash hash)
{
    static const psa_algorithm_t algorithms[] = {
        [HASH_SHA1] = PSA_ALG_SHA_1,     [HASH_SHA224] = PSA_ALG_SHA_224,
        [HASH_SHA256] = PSA_ALG_SHA_256, [HASH_SHA384] = PSA_ALG_SHA_384,
        [HASH_SHA512] = PSA_ALG_SHA_512,
    };
    return algorithms[hash];
}

/* The `index`th part of the derived key (RFC 8018's function F), as long as a digest. */
static void derive_part(const struct hmac *hmac, struct str salt, uint32_t iterations,
                        uint32_t index, uint8_t part[PBKDF2_LONGEST])
{
    const struct str nothing = {NULL, 0};
    const size_t size = PSA_HASH_LENGTH(hmac->algorithm);
    const uint32_t suffix = htonl(index);
    uint8_t result[PBKDF2_LONGEST];
    hmac_compute(hmac, salt, str_bytes(&suffix, sizeof suffix), result);
    memcpy(part, result, size);
    for (uint32_t round = 1; round < iterations; round++) {
        hmac_compute(hmac, str_bytes(result, size), nothing, result);
        for (size_t i = 0; i < size; i++)
            part[i] ^= result[i];
    }
    wipe(result, sizeof result);
}

/* Why this loop is here and not the library's PSA_ALG_PBKDF2_HMAC: that one hashes the padded key
 * twice in each round, this one clones the two states (hmac.h). It is most of the work for a
 * certificate: ACM's keys take 2048 rounds of HMAC-SHA-256, which are 2,010 µs in the library and
 * 1,000 µs here (one x86-64 machine, gcc -O2, both in one run). */
void pbkdf2(enum hash hash, struct str password, struct str salt, uint32_t iterations, uint8_t *out,
            size_t size)
{
    struct hmac hmac;
    uint8_t part[PBKDF2_LONGEST];
    hmac_start(&hmac, algorithm_of(hash), password);
    for (uint32_t index = 1; size > 0; index++) {
        size_t taken = PSA_HASH_LENGTH(hmac.algorithm);
        taken = taken < size ? taken : size;
        derive_part(&hmac, salt, iterations, index, part);
        memcpy(out, part, taken);
        out += taken;
        size -= taken;
    }
    wipe(part, sizeof part);
    hmac_free(&hmac);
}

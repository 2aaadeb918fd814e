#include "crypto/hmac.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_BLOCK = 128, INNER_PAD = 0x36, OUTER_PAD = 0x5c };

void hash_require_success(psa_status_t status)
{
    if (status != PSA_SUCCESS)
        abort();
}

static void start_padded_key(psa_hash_operation_t *operation, psa_algorithm_t algorithm,
                             const uint8_t key[LARGEST_BLOCK], uint8_t pad)
{
    uint8_t block[LARGEST_BLOCK];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    *operation = psa_hash_operation_init();
    hash_require_success(psa_hash_setup(operation, algorithm));
    hash_require_success(psa_hash_update(operation, block, PSA_HASH_BLOCK_LENGTH(algorithm)));
    wipe(block, sizeof block);
}

void hmac_start(struct hmac *hmac, psa_algorithm_t algorithm, struct str key)
{
    uint8_t block[LARGEST_BLOCK] = {0};
    size_t length = 0;
    if (key.length > PSA_HASH_BLOCK_LENGTH(algorithm))
        hash_require_success(psa_hash_compute(algorithm, (const uint8_t *)key.data, key.length,
                                              block, PSA_HASH_LENGTH(algorithm), &length));
    else if (key.length > 0)
        memcpy(block, key.data, key.length);
    hmac->algorithm = algorithm;
    start_padded_key(&hmac->inner, algorithm, block, INNER_PAD);
    start_padded_key(&hmac->outer, algorithm, block, OUTER_PAD);
    wipe(block, sizeof block);
}

void hmac_compute(const struct hmac *hmac, struct str first, struct str second, uint8_t *mac)
{
    psa_hash_operation_t operation = psa_hash_operation_init();
    const size_t size = PSA_HASH_LENGTH(hmac->algorithm);
    size_t length = 0;
    hash_require_success(psa_hash_clone(&hmac->inner, &operation));
    hash_require_success(psa_hash_update(&operation, (const uint8_t *)first.data, first.length));
    hash_require_success(psa_hash_update(&operation, (const uint8_t *)second.data, second.length));
    hash_require_success(psa_hash_finish(&operation, mac, size, &length));
    hash_require_success(psa_hash_clone(&hmac->outer, &operation));
    hash_require_success(psa_hash_update(&operation, mac, size));
    hash_require_success(psa_hash_finish(&operation, mac, size, &length));
}

void hmac_free(struct hmac *hmac)
{
    psa_hash_abort(&hmac->inner);
    psa_hash_abort(&hmac->outer);
    wipe(hmac, sizeof *hmac);
}

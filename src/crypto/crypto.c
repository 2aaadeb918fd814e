#include "crypto/crypto.h"

#include "base/random.h"

#include <psa/crypto.h>

bool crypto_start(void)
{
    return psa_crypto_init() == PSA_SUCCESS;
}

bool crypto_start_in_child(void)
{
    mbedtls_psa_crypto_free();
    return crypto_start();
}

#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG)
/* The library calls this documented hook for random bytes, which come from the kernel. In this
 * configuration it has no generator of its own, so nothing needs a seed. */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (!random_fill(output, output_size))
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    *output_length = output_size;
    return PSA_SUCCESS;
}
#endif

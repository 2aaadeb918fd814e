#include "crypto/random_secret.h"

#include <psa/crypto.h>

bool random_secret(void *out, size_t size)
{
    return psa_generate_random(out, size) == PSA_SUCCESS;
}

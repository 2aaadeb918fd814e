/* Included in front of the library's ssl_tls13_keys.c, which asks PSA for HKDF and HMAC: general
 * machinery for derivations in steps and for keys behind numbers (3 KB). Here the library's own
 * HKDF and HMAC, which TLS 1.2 and keys have brought along, take its place. */
#ifndef WCP_MBEDTLS_TLS13_HKDF_H
#define WCP_MBEDTLS_TLS13_HKDF_H

#include "common.h"

#include "mbedtls/hkdf.h"
#include "mbedtls/psa_util.h"
#include "psa/crypto.h"
#include "psa_crypto_core.h"
#include "psa_util_internal.h"
#include "ssl_misc.h"

#include <stdbool.h>

/* One derivation; the bytes stay the caller's until its output is taken. */
struct derivation {
    psa_algorithm_t algorithm;
    const unsigned char *secret;
    const unsigned char *other; /* salt or information */
    size_t secret_length;
    size_t other_length;
};

static const mbedtls_md_info_t *hash_of(psa_algorithm_t algorithm)
{
    return mbedtls_md_info_from_type(mbedtls_md_type_from_psa_alg(PSA_ALG_GET_HASH(algorithm)));
}

static psa_status_t derivation_input(struct derivation *derivation, int step,
                                     const unsigned char *bytes, size_t length)
{
    bool is_secret = step == PSA_KEY_DERIVATION_INPUT_SECRET;
    *(is_secret ? &derivation->secret : &derivation->other) = bytes;
    *(is_secret ? &derivation->secret_length : &derivation->other_length) = length;
    return PSA_SUCCESS;
}

static psa_status_t derivation_output(const struct derivation *derivation, unsigned char *out,
                                      size_t length)
{
    const mbedtls_md_info_t *hash = hash_of(derivation->algorithm);
    return mbedtls_to_psa_error(
        PSA_ALG_IS_HKDF_EXTRACT(derivation->algorithm)
            ? mbedtls_hkdf_extract(hash, derivation->other, derivation->other_length,
                                   derivation->secret, derivation->secret_length, out)
            : mbedtls_hkdf_expand(hash, derivation->secret, derivation->secret_length,
                                  derivation->other, derivation->other_length, out, length));
}

static psa_status_t finished_mac(psa_algorithm_t algorithm, const unsigned char *key,
                                 const unsigned char *transcript, size_t length, unsigned char *out,
                                 size_t *written)
{
    *written = length;
    return mbedtls_to_psa_error(
        mbedtls_md_hmac(hash_of(algorithm), key, length, transcript, length, out));
}

#define psa_key_derivation_operation_t struct derivation
#undef PSA_KEY_DERIVATION_OPERATION_INIT
#define PSA_KEY_DERIVATION_OPERATION_INIT                                                          \
    {                                                                                              \
        0                                                                                          \
    }
#define psa_key_derivation_setup(operation, chosen) ((operation)->algorithm = (chosen), PSA_SUCCESS)
#define psa_key_derivation_input_bytes derivation_input
#define psa_key_derivation_output_bytes derivation_output
#define psa_key_derivation_abort(operation) ((void)(operation), PSA_SUCCESS)

/* Key and code have the length of the hash. The caller's variable is the key that it has given to
 * PSA just before. */
#define psa_mac_compute(key, algorithm, input, length, out, size, written)                         \
    finished_mac(algorithm, finished_key, input, length, out, written)

#endif

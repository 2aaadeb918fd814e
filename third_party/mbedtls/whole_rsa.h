/* Included in front of the library's rsa.c, which can also find out what is missing of a private
 * key: primes, exponents. The keys that ACM exports are whole (RFC 8017 §A.1.2); one that is not is
 * refused. */
#ifndef WCP_MBEDTLS_WHOLE_RSA_H
#define WCP_MBEDTLS_WHOLE_RSA_H

#include "common.h"

#include "mbedtls/rsa.h"
#include "rsa_alt_helpers.h"

#define mbedtls_rsa_deduce_primes(...) MBEDTLS_ERR_RSA_BAD_INPUT_DATA
#define mbedtls_rsa_deduce_private_exponent(...) MBEDTLS_ERR_RSA_BAD_INPUT_DATA
#define mbedtls_rsa_deduce_crt(...) MBEDTLS_ERR_RSA_BAD_INPUT_DATA

#endif

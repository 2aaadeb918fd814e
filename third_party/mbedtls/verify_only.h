/* Included in front of the library's pk.c and pk_wrap.c. Their tables and switches name every
 * operation that a key can do, and so keep all of it in the binary. The agent verifies signatures
 * and compares keys; it never encrypts with RSA, never decrypts, and signs with no private key. (A
 * client certificate would need the signing ones back.) */
#ifndef WCP_MBEDTLS_VERIFY_ONLY_H
#define WCP_MBEDTLS_VERIFY_ONLY_H

#include "common.h"

#include "mbedtls/ecdsa.h"
#include "mbedtls/pk.h"
#include "mbedtls/rsa.h"
#include "rsa_internal.h"

#define mbedtls_rsa_pkcs1_encrypt(...) MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE
#define mbedtls_rsa_pkcs1_decrypt(...) MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE
#define mbedtls_rsa_pkcs1_sign(...) MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE
#define mbedtls_rsa_rsassa_pss_sign_no_mode_check(...) MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE
#define mbedtls_ecdsa_write_signature(...) MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE

#endif

/* What is asked of PSA: by TLS 1.3 hashes, HKDF, AES-GCM and ECDH with four groups; by us hashes,
 * and AES-CBC for encrypted keys. Each macro is documented in the library's
 * include/psa/crypto_config.h. */
#ifndef WCP_MBEDTLS_PSA_CONFIG_H
#define WCP_MBEDTLS_PSA_CONFIG_H

#define PSA_WANT_ALG_SHA_1 1
#define PSA_WANT_ALG_SHA_224 1
#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_SHA_384 1
#define PSA_WANT_ALG_SHA_512 1
#define PSA_WANT_ALG_HMAC 1
#define PSA_WANT_ALG_HKDF_EXTRACT 1
#define PSA_WANT_ALG_HKDF_EXPAND 1
#define PSA_WANT_ALG_GCM 1
#define PSA_WANT_ALG_CBC_PKCS7 1
#define PSA_WANT_ALG_ECDH 1

/* A TLS 1.2 server with an RSA key signs with PSS when we offer that, and for TLS 1.3 we must; the
 * library takes such a signature in TLS 1.2 only where PSA has RSA-PSS. */
#define PSA_WANT_ALG_RSA_PSS 1
#define PSA_WANT_KEY_TYPE_RSA_PUBLIC_KEY 1

#define PSA_WANT_KEY_TYPE_AES 1
#define PSA_WANT_KEY_TYPE_HMAC 1
#define PSA_WANT_KEY_TYPE_DERIVE 1
#define PSA_WANT_KEY_TYPE_RAW_DATA 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_GENERATE 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1

#define PSA_WANT_ECC_MONTGOMERY_255 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_ECC_SECP_R1_384 1
#define PSA_WANT_ECC_SECP_R1_521 1

/* As in config.h. */
#if !defined(__x86_64__) && !defined(__aarch64__) && !defined(__ARM_ARCH_7A__)
#define PSA_WANT_ALG_CHACHA20_POLY1305 1
#define PSA_WANT_KEY_TYPE_CHACHA20 1
#endif

#endif

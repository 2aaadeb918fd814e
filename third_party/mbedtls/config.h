/* What the agent needs of Mbed TLS, and no more: a TLS 1.2 and 1.3 client, X.509, RSA and elliptic
 * curve keys, AES, SHA. What is not named here is not built. The sizes and times behind these
 * choices stand in the commit that made them. Board files add WCP_TLS_CHACHA20 (processors without
 * AES instructions). */
#ifndef WCP_MBEDTLS_CONFIG_H
#define WCP_MBEDTLS_CONFIG_H

/* The machine. Assembly makes RSA 35 % faster; AESNI and AESCE are detected at run time. */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_AESNI_C
#if defined(__aarch64__)
#define MBEDTLS_AESCE_C
#define MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_IF_PRESENT
#define MBEDTLS_SHA512_USE_A64_CRYPTO_IF_PRESENT
#endif

/* Time, for validity of certificates and age of session tickets. The source can be set
 * (mbedtls_platform_set_time), so that the whole program asks one clock. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_TIME_ALT

/* TLS 1.3 computes through PSA; all else calls the primitives directly, which is smaller and
 * faster. Random bytes come from mbedtls_psa_external_get_random, ours: there is no entropy module.
 * One thread, no shared memory: no copies. */
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS

/* Ciphers. Tables of AES in read-only memory, shared by all processes, and only one of each four.
 * CBC opens keys. */
#define MBEDTLS_CIPHER_C
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_GCM_C
#define MBEDTLS_CIPHER_MODE_CBC
#if defined(WCP_TLS_CHACHA20)
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#endif

/* Hashes. SHA-224 serves as PRF of encrypted keys only, and so does SHA-1, which is our own
 * (src/base/sha1.c, 4.6 KB smaller); certificates signed with them are refused. The smaller forms
 * cost SHA-256 a third of its speed and save 3 KB; where a processor has instructions for it, those
 * are used: the library knows them on Armv8, elsewhere src/base/sha256.c stands in for it. */
#define MBEDTLS_MD_C
#define MBEDTLS_HKDF_C
#define MBEDTLS_SHA224_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#if !defined(__aarch64__)
#define MBEDTLS_SHA256_PROCESS_ALT
#endif
#define MBEDTLS_SHA512_SMALLER

/* Public keys. X25519 comes first in every handshake, so Everest's is worth its 3 KB (see
 * curve25519.h); the tables of multiples of the other curves' base points are not worth their 12:
 * they are used for EC certificates, once a day. */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDH_LEGACY_CONTEXT
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_SECP521R1_ENABLED
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C

/* Encodings and certificates. PEM is our own; texts about certificates and errors too. TLS 1.3
 * needs PSS. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
/* Trust anchors are parsed when one is asked for: a bundle of 145 stays DER, the built-in ones cost
 * no memory. */
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
#define MBEDTLS_X509_REMOVE_INFO

/* TLS, client only. Records come in at full length, since servers cannot be asked for less in
 * TLS 1.3; ours go out in 4 KiB, which saves 12 KiB for each connection. Tickets resume a session
 * where the server closes after each reply. */
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_SESSION_TICKETS
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
/* The cipher suites in our order: AES-128 needs no SHA-384, ChaCha20 is there where it is built,
 * and all have forward secrecy and AEAD. The library's own list of 150 is 0.7 KB. */
#define MBEDTLS_SSL_CIPHERSUITES                                                                   \
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,                    \
        MBEDTLS_TLS1_3_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,        \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,                                             \
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,                                     \
        MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,                                       \
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,                                           \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

#endif

/* What the agent needs of Mbed TLS 3.6, and no more: a TLS 1.2 and 1.3 client, X.509, RSA and
 * elliptic curve keys, and what psa_config.h names. Each macro is documented in the library's
 * include/mbedtls/mbedtls_config.h. What is not named here is not built. Sizes
 * are those of the x86-64 binary. */
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

/* Time, for validity of certificates (judged again by net/peer.c at the agent's own clock) and age
 * of session tickets. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE

/* Hashes, HMAC, AES-CBC and TLS 1.3 go through PSA. X.509 and TLS 1.2 do not (no
 * MBEDTLS_USE_PSA_CRYPTO): through PSA an RSA verification takes 78 instead of 55 µs. Random bytes
 * come from mbedtls_psa_external_get_random in src/crypto/crypto.c: there is no entropy module,
 * which on musl would open /dev/random (2.8 KB less). One thread, no shared memory: no copies. */
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS

/* Ciphers. Tables of AES in read-only memory, shared by all processes, and only one of each four:
 * 2,160 bytes more in the file, 8,768 less of private memory in the process that encrypts. All four
 * would be 5,968 more. */
#define MBEDTLS_CIPHER_C
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_GCM_C
/* ChaCha20-Poly1305 is for processors without AES instructions: 16 KB in 53 µs instead of 84, for
 * 4 KB. armv7 has no room for it in its budget. */
#if !defined(__x86_64__) && !defined(__aarch64__) && !defined(__ARM_ARCH_7A__)
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#endif

/* Hashes. SHA-1 and SHA-224 are for encrypted keys only: certificates signed with them are refused
 * by the library's default profile. The smaller form
 * of SHA-512 saves 784 bytes; with 50 certificates it takes no time that can be measured. */
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_SHA512_SMALLER

/* Public keys. The tables of multiples of the NIST curves' base points are not worth their
 * 15,600 bytes: without them P-256 took 925 instead of 631 µs on a prototype, but X25519 comes
 * first in every handshake. Everest's X25519 (4 KB), for processors that multiply 64 bits to 128,
 * takes the library's place for the shared secret, not for the key share: 10 certificates from a
 * server that closes each connection cost 30.6 instead of 33.5 ms, 50 cost 140 instead of 156 (on
 * an earlier, smaller build of this agent). */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECDH_C
#if defined(__SIZEOF_INT128__)
#define MBEDTLS_ECDH_VARIANT_EVEREST_ENABLED
#endif
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_SECP521R1_ENABLED
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C

/* Encodings and certificates. PEM is our own (src/pki/pem.c is stricter), and so are texts about
 * certificates and errors. TLS 1.3 needs PSS. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define MBEDTLS_X509_REMOVE_INFO

/* TLS, client only. Records come in at full length, since servers cannot be asked for less in
 * TLS 1.3; ours go out in 4 KiB, which saves 12 KiB for each connection. Tickets (5 KB) resume a
 * session where the server closes after each reply: 174 instead of 1,157 µs. */
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
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

#endif

#include "crypto/mbedtls_version.h"

#include "base/buf.h"
#include "crypto/asn1.h"
#include "crypto/hash.h"

#include <mbedtls/asn1.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/x509.h>
#include <psa/crypto.h>

#if MBEDTLS_VERSION_MAJOR < 4

int library_parse_key(mbedtls_pk_context *key, const unsigned char *der, size_t size)
{
    return mbedtls_pk_parse_key(key, der, size, NULL, 0, mbedtls_psa_get_random,
                                MBEDTLS_PSA_RANDOM_STATE);
}

/* The library checks the numbers. RSA: p·q = n, d·e = 1 modulo p - 1 and q - 1, and the CRT numbers
 * follow from these. The authority has signed n, which has no other factors, so this proves as much
 * as a signature that is made and verified, at a fiftieth of the cost. EC: d·G = Q. */
bool library_key_is_sound(mbedtls_pk_context *public_key, mbedtls_pk_context *key, struct str pkcs8)
{
    (void)pkcs8;
    return mbedtls_pk_check_pair(public_key, key, mbedtls_psa_get_random,
                                 MBEDTLS_PSA_RANDOM_STATE) == 0;
}

int library_sign(mbedtls_pk_context *key, const unsigned char *digest, unsigned char *signature,
                 size_t *length)
{
    return mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, digest, SHA256_SIZE, signature,
                           MBEDTLS_PK_SIGNATURE_MAX_SIZE, length, mbedtls_psa_get_random,
                           MBEDTLS_PSA_RANDOM_STATE);
}

void library_use_random(mbedtls_ssl_config *config)
{
    mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
}

void library_signal_tickets(mbedtls_ssl_config *config)
{
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
}

bool library_lacks_memory(int code)
{
    return code == MBEDTLS_ERR_SSL_ALLOC_FAILED || code == MBEDTLS_ERR_X509_ALLOC_FAILED ||
           code == MBEDTLS_ERR_PK_ALLOC_FAILED;
}

#else

/* Mbed TLS 4 uses PSA's random generator and accepts no other. Its error codes are PSA's, and it
 * always reports session tickets. Its check of a key pair compares public halves only. */

int library_parse_key(mbedtls_pk_context *key, const unsigned char *der, size_t size)
{
    return mbedtls_pk_parse_key(key, der, size, NULL, 0);
}

int library_sign(mbedtls_pk_context *key, const unsigned char *digest, unsigned char *signature,
                 size_t *length)
{
    return mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, digest, SHA256_SIZE, signature,
                           MBEDTLS_PK_SIGNATURE_MAX_SIZE, length);
}

/* Signs a random digest with `key` and verifies the signature with `public_key`. */
static bool library_signs(mbedtls_pk_context *public_key, mbedtls_pk_context *key)
{
    unsigned char digest[PSA_HASH_LENGTH(PSA_ALG_SHA_256)];
    unsigned char signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t length = 0;
    return psa_generate_random(digest, sizeof digest) == PSA_SUCCESS &&
           library_sign(key, digest, signature, &length) == 0 &&
           mbedtls_pk_verify(public_key, MBEDTLS_MD_SHA256, digest, sizeof digest, signature,
                             length) == 0;
}

/* As library_signs, with an RSAPrivateKey (RFC 8017 §A.1.2) and its own public half. */
static bool library_signs_with(struct str rsa_private_key)
{
    unsigned char digest[PSA_HASH_LENGTH(PSA_ALG_SHA_256)];
    unsigned char signature[PSA_SIGNATURE_MAX_SIZE];
    size_t length = 0;
    const psa_algorithm_t algorithm = PSA_ALG_RSA_PKCS1V15_SIGN(PSA_ALG_SHA_256);
    psa_key_attributes_t attributes = psa_key_attributes_init();
    psa_key_id_t id = PSA_KEY_ID_NULL;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_RSA_KEY_PAIR);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_VERIFY_HASH);
    bool done =
        psa_generate_random(digest, sizeof digest) == PSA_SUCCESS &&
        psa_import_key(&attributes, (const uint8_t *)rsa_private_key.data, rsa_private_key.length,
                       &id) == PSA_SUCCESS &&
        psa_sign_hash(id, algorithm, digest, sizeof digest, signature, sizeof signature, &length) ==
            PSA_SUCCESS &&
        psa_verify_hash(id, algorithm, digest, sizeof digest, signature, length) == PSA_SUCCESS;
    psa_destroy_key(id);
    return done;
}

/* Proves that the private exponent d of an RSA key is correct. The library signs with the CRT
 * numbers and never uses d, but servers may. So a key is made in which d and e have changed places:
 * its CRT numbers are e, it signs with e, and the signature is verified with d. */
static bool library_private_exponent_fits(struct str rsa_private_key)
{
    enum { VERSION, N, E, D, P, Q, DP, DQ, QP, NUMBERS };
    static const uint8_t changed[NUMBERS] = {VERSION, N, D, E, P, Q, E, E, QP};
    struct str fields;
    struct str numbers[NUMBERS];
    BUF_AUTO struct buf list = BUF_SECRET(rsa_private_key.length + 64);
    BUF_AUTO struct buf der = BUF_SECRET(rsa_private_key.length + 64);
    if (!asn1_next(&rsa_private_key, ASN1_SEQUENCE, &fields))
        return false;
    for (size_t i = 0; i < NUMBERS; i++)
        if (!asn1_next(&fields, ASN1_INTEGER, &numbers[i]))
            return false;
    for (size_t i = 0; i < NUMBERS; i++)
        asn1_append(&list, ASN1_INTEGER, numbers[changed[i]]);
    asn1_append(&der, ASN1_SEQUENCE, buf_str(&list));
    return !list.failed && !der.failed && library_signs_with(buf_str(&der));
}

/* A signature that the certificate's key verifies proves what 3.6 checks by arithmetic (RSA-2048:
 * about 4 ms). RSA needs a second signature to prove d. */
bool library_key_is_sound(mbedtls_pk_context *public_key, mbedtls_pk_context *key, struct str pkcs8)
{
    enum { VERSION, ALGORITHM, KEY, PARTS };
    psa_key_attributes_t attributes = psa_key_attributes_init();
    struct str info;
    struct str parts[PARTS];
    if (!library_signs(public_key, key) ||
        mbedtls_pk_get_psa_attributes(public_key, PSA_KEY_USAGE_VERIFY_HASH, &attributes) != 0)
        return false;
    return !PSA_KEY_TYPE_IS_RSA(psa_get_key_type(&attributes)) ||
           (asn1_next(&pkcs8, ASN1_SEQUENCE, &info) &&
            asn1_read_elements(info, ASN1_TAG_INTEGER ASN1_TAG_SEQUENCE ASN1_TAG_OCTET_STRING,
                               parts) &&
            library_private_exponent_fits(parts[KEY]));
}

void library_use_random(mbedtls_ssl_config *config)
{
    (void)config;
}

void library_signal_tickets(mbedtls_ssl_config *config)
{
    (void)config;
}

bool library_lacks_memory(int code)
{
    return code == PSA_ERROR_INSUFFICIENT_MEMORY;
}

#endif

/* The high part of an error code names the module (mbedtls/error.h): X.509 has the numbers from
 * 0x2080, and the keys of certificates those from 0x3980. The low part is that of ASN.1. */
bool library_cannot_read(int code)
{
    int module = -code & 0x7f80;
    return !library_lacks_memory(code) &&
           ((module >= 0x2080 && module <= 0x2980) || (module >= 0x3980 && module <= 0x3d80));
}

bool library_misses_extension(int code)
{
    return code == MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG;
}

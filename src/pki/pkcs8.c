#include "pki/pkcs8.h"

#include "base/limits.h"
#include "crypto/asn1.h"
#include "pki/pem.h"

#include <string.h>

enum { LONGEST_KEY = 32 };

#define OID_PBES2 STR("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")
#define OID_PBKDF2 STR("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")
#define OID_RSA STR("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_EC STR("\x2a\x86\x48\xce\x3d\x02\x01")

/* The OIDs of the pseudo-random functions differ in their last byte only: 7 is HMAC-SHA-1, and the
 * following numbers are in the order of enum hash. So do those of the ciphers: 2, 22 and 42 are
 * AES-CBC with keys of 128, 192 and 256 bits. */
#define OID_HMAC_PREFIX STR("\x2a\x86\x48\x86\xf7\x0d\x02")
#define OID_AES_PREFIX STR("\x60\x86\x48\x01\x65\x03\x04\x01")
enum { OID_HMAC_SHA1_END = 7, OID_AES_128_CBC_END = 2, OID_AES_STEP = 20 };

/* Returns the last byte of an OID that is `prefix` and one byte, minus `first`. Returns UINT8_MAX,
 * or another number that is too large, for any other OID. */
static unsigned oid_last_number(struct str oid, struct str prefix, unsigned first)
{
    if (oid.length != prefix.length + 1 || !str_starts_with(oid, prefix))
        return UINT8_MAX;
    return (uint8_t)oid.data[prefix.length] - first;
}

/* --- EncryptedPrivateKeyInfo ------------------------------------------------------------------ */

static bool refuse_malformed(struct error *error, const char *part)
{
    return error_refuse(error, ERROR_PERMANENT, "export it again",
                        "the encrypted private key is damaged: its %s cannot be read", part);
}

static bool refuse_unsupported(struct error *error, const char *part, struct str oid)
{
    char dotted[ASN1_OID_TEXT_SIZE];
    asn1_oid_text(oid, dotted);
    return error_refuse(error, ERROR_PERMANENT,
                        "encrypt it with PBES2, PBKDF2 and AES-CBC, as ACM does",
                        "the encryption of the private key is not supported: %s %s", part, dotted);
}

/* Accepts the parameters of an AlgorithmIdentifier that needs none: absent, or NULL. */
static bool is_absent_or_null(struct str parameters)
{
    return parameters.length == 0 || str_equal(parameters, STR("\x05\0"));
}

static bool read_prf(struct str rest, struct pkcs8_encryption *encryption, struct error *error)
{
    struct str algorithm = {0};
    struct str oid;
    encryption->prf = HASH_SHA1;
    if (rest.length == 0)
        return true;
    if (!asn1_read_elements(rest, ASN1_TAG_SEQUENCE, &algorithm) ||
        !asn1_next(&algorithm, ASN1_OID, &oid) || !is_absent_or_null(algorithm))
        return refuse_malformed(error, "pseudo-random function");
    unsigned number = oid_last_number(oid, OID_HMAC_PREFIX, OID_HMAC_SHA1_END);
    encryption->prf = (enum hash)number;
    return number <= HASH_SHA512 || refuse_unsupported(error, "pseudo-random function", oid);
}

static bool read_iterations(struct str *rest, struct pkcs8_encryption *encryption,
                            struct error *error)
{
    uint64_t iterations = 0;
    if (!asn1_next_unsigned(rest, &iterations) || iterations == 0)
        return refuse_malformed(error, "iteration count");
    if (iterations > LIMIT_PBKDF2_ITERATIONS)
        return error_refuse(error, ERROR_PERMANENT,
                            "encrypt it with fewer iterations; ACM uses a few thousand",
                            "the private key is encrypted with more than %d iterations of PBKDF2",
                            (int)LIMIT_PBKDF2_ITERATIONS);
    encryption->iterations = (uint32_t)iterations;
    return true;
}

/* Reads PBKDF2-params (RFC 8018 §A.2). A keyLength must be the key size of the cipher, which
 * read_cipher has set. */
static bool read_derivation(struct str rest, struct pkcs8_encryption *encryption,
                            struct error *error)
{
    struct str parameters = {0};
    uint64_t key_size = encryption->key_size;
    if (!asn1_read_elements(rest, ASN1_TAG_SEQUENCE, &parameters))
        return refuse_malformed(error, "key derivation");
    if (!asn1_next(&parameters, ASN1_OCTET_STRING, &encryption->salt) ||
        encryption->salt.length > PKCS8_LONGEST_SALT)
        return refuse_malformed(error, "salt");
    if (!read_iterations(&parameters, encryption, error))
        return false;
    if (asn1_next_is(parameters, ASN1_INTEGER) &&
        (!asn1_next_unsigned(&parameters, &key_size) || key_size != encryption->key_size))
        return refuse_malformed(error, "key length");
    return read_prf(parameters, encryption, error);
}

static bool read_cipher(struct str oid, struct str parameters, struct pkcs8_encryption *encryption,
                        struct error *error)
{
    unsigned number = oid_last_number(oid, OID_AES_PREFIX, OID_AES_128_CBC_END);
    if (number > 2 * OID_AES_STEP || number % OID_AES_STEP != 0)
        return refuse_unsupported(error, "cipher", oid);
    encryption->key_size = 16 + number / OID_AES_STEP * 8;
    return (asn1_read_elements(parameters, ASN1_TAG_OCTET_STRING, &encryption->iv) &&
            encryption->iv.length == AES_BLOCK_SIZE) ||
           refuse_malformed(error, "initialisation vector");
}

/* Reads PBES2-params (RFC 8018 §A.4). Each part is the OID of an algorithm, then its parameters. */
static bool read_scheme(struct str rest, struct pkcs8_encryption *encryption, struct error *error)
{
    enum { DERIVATION, CIPHER, PARTS };
    struct str scheme;
    struct str parts[PARTS];
    struct str derivation;
    struct str cipher;
    if (!asn1_read_elements(rest, ASN1_TAG_SEQUENCE, &scheme) ||
        !asn1_read_elements(scheme, ASN1_TAG_SEQUENCE ASN1_TAG_SEQUENCE, parts) ||
        !asn1_next(&parts[DERIVATION], ASN1_OID, &derivation) ||
        !asn1_next(&parts[CIPHER], ASN1_OID, &cipher))
        return refuse_malformed(error, "encryption scheme");
    if (!str_equal(derivation, OID_PBKDF2))
        return refuse_unsupported(error, "key derivation", derivation);
    return read_cipher(cipher, parts[CIPHER], encryption, error) &&
           read_derivation(parts[DERIVATION], encryption, error);
}

bool pkcs8_read_encryption(struct str der, struct pkcs8_encryption *encryption, struct error *error)
{
    enum { ALGORITHM, ENCRYPTED, PARTS };
    struct str info;
    struct str parts[PARTS];
    struct str oid;
    if (!asn1_read_elements(der, ASN1_TAG_SEQUENCE, &info) ||
        !asn1_read_elements(info, ASN1_TAG_SEQUENCE ASN1_TAG_OCTET_STRING, parts) ||
        !asn1_next(&parts[ALGORITHM], ASN1_OID, &oid))
        return refuse_malformed(error, "outer structure");
    if (!str_equal(oid, OID_PBES2))
        return refuse_unsupported(error, "scheme", oid);
    encryption->encrypted = parts[ENCRYPTED];
    if (encryption->encrypted.length == 0 || encryption->encrypted.length % AES_BLOCK_SIZE != 0)
        return refuse_malformed(error, "encrypted part");
    return read_scheme(parts[ALGORITHM], encryption, error);
}

/* --- PrivateKeyInfo --------------------------------------------------------------------------- */

/* RFC 8017 §A.1.2: a version, 0 for two primes, and eight numbers. */
static bool is_rsa_key(struct str parameters, struct str key)
{
    enum { VERSION, NUMBERS = 9 };
    struct str list;
    struct str numbers[NUMBERS];
    if (!is_absent_or_null(parameters) || !asn1_read_elements(key, ASN1_TAG_SEQUENCE, &list) ||
        !asn1_read_elements(
            list,
            ASN1_TAG_INTEGER ASN1_TAG_INTEGER ASN1_TAG_INTEGER ASN1_TAG_INTEGER ASN1_TAG_INTEGER
                ASN1_TAG_INTEGER ASN1_TAG_INTEGER ASN1_TAG_INTEGER ASN1_TAG_INTEGER,
            numbers) ||
        !str_equal(numbers[VERSION], STR("\0")))
        return false;
    for (size_t i = 0; i < NUMBERS; i++)
        if (!asn1_is_unsigned(numbers[i]))
            return false;
    return true;
}

/* RFC 5915. Accepts named curves only. A public key is optional and must be uncompressed, the form
 * that all programs read. */
static bool is_ec_key(struct str parameters, struct str key)
{
    struct str fields;
    struct str part;
    struct str inside;
    uint64_t version = 0;
    if (!asn1_read_elements(parameters, ASN1_TAG_OID, &part) ||
        !asn1_read_elements(key, ASN1_TAG_SEQUENCE, &fields) ||
        !asn1_next_unsigned(&fields, &version) || version != 1 ||
        !asn1_next(&fields, ASN1_OCTET_STRING, &part))
        return false;
    if (asn1_next(&fields, ASN1_CONTEXT_0, &part) &&
        !asn1_read_elements(part, ASN1_TAG_OID, &inside))
        return false;
    if (asn1_next(&fields, ASN1_CONTEXT_1, &part) &&
        (!asn1_read_elements(part, ASN1_TAG_BIT_STRING, &inside) ||
         !str_starts_with(inside, STR("\0\4"))))
        return false;
    return fields.length == 0;
}

/* Splits a PrivateKeyInfo of version 0 without attributes: object identifier and parameters of the
 * algorithm, and the key. */
static bool split_key_info(struct str der, struct str *oid, struct str *parameters, struct str *key)
{
    enum { VERSION, ALGORITHM, KEY, PARTS };
    struct str info;
    struct str parts[PARTS];
    if (!asn1_read_elements(der, ASN1_TAG_SEQUENCE, &info) ||
        !asn1_read_elements(info, ASN1_TAG_INTEGER ASN1_TAG_SEQUENCE ASN1_TAG_OCTET_STRING,
                            parts) ||
        !str_equal(parts[VERSION], STR("\0")) || !asn1_next(&parts[ALGORITHM], ASN1_OID, oid))
        return false;
    *parameters = parts[ALGORITHM];
    *key = parts[KEY];
    return true;
}

bool pkcs8_is_private_key(struct str der)
{
    struct str oid;
    struct str parameters;
    struct str key;
    if (!split_key_info(der, &oid, &parameters, &key))
        return false;
    if (str_equal(oid, OID_RSA))
        return is_rsa_key(parameters, key);
    return str_equal(oid, OID_EC) && is_ec_key(parameters, key);
}

bool pkcs8_is_rsa(struct str der)
{
    struct str oid;
    struct str parameters;
    struct str key;
    return split_key_info(der, &oid, &parameters, &key) && str_equal(oid, OID_RSA);
}

static bool append_key_info(struct str oid, enum asn1_tag parameters_tag, struct str parameters,
                            struct str key_der, struct buf *key)
{
    BUF_AUTO struct buf algorithm = BUF(128);
    BUF_AUTO struct buf parts = BUF_SECRET(LIMIT_KEY_PEM);
    asn1_append(&algorithm, ASN1_OID, oid);
    asn1_append(&algorithm, parameters_tag, parameters);
    asn1_append(&parts, ASN1_INTEGER, STR("\0"));
    asn1_append(&parts, ASN1_SEQUENCE, buf_str(&algorithm));
    asn1_append(&parts, ASN1_OCTET_STRING, key_der);
    asn1_append(key, ASN1_SEQUENCE, buf_str(&parts));
    return !algorithm.failed && !parts.failed && !key->failed;
}

bool pkcs8_wrap_rsa(struct str der, struct buf *key)
{
    return is_rsa_key(STR(""), der) && append_key_info(OID_RSA, ASN1_NULL, STR(""), der, key);
}

bool pkcs8_wrap_ec(struct str der, struct buf *key)
{
    struct str rest = der;
    struct str fields;
    struct str part;
    struct str curve;
    return asn1_next(&rest, ASN1_SEQUENCE, &fields) && asn1_next(&fields, ASN1_INTEGER, &part) &&
           asn1_next(&fields, ASN1_OCTET_STRING, &part) &&
           asn1_next(&fields, ASN1_CONTEXT_0, &part) && asn1_next(&part, ASN1_OID, &curve) &&
           append_key_info(OID_EC, ASN1_OID, curve, der, key) && pkcs8_is_private_key(buf_str(key));
}

/* --- decryption ------------------------------------------------------------------------------- */

/* One wrong key in 256 gives correct padding, so the structure of the plaintext is checked, too. */
static bool decrypt_with_passphrase(const struct pkcs8_encryption *encryption,
                                    struct str passphrase, struct buf *plain)
{
    uint8_t key[LONGEST_KEY];
    pbkdf2(encryption->prf, passphrase, encryption->salt, encryption->iterations, key,
           encryption->key_size);
    bool padded =
        aes_cbc_decrypt(str_bytes(key, encryption->key_size), (const uint8_t *)encryption->iv.data,
                        encryption->encrypted, plain);
    wipe(key, sizeof key);
    return padded && pkcs8_is_private_key(buf_str(plain));
}

bool pkcs8_decrypt(struct str der, struct str passphrase, struct buf *key, struct error *error)
{
    struct pkcs8_encryption encryption = {0};
    if (!pkcs8_read_encryption(der, &encryption, error))
        return false;
    BUF_AUTO struct buf plain = BUF_SECRET(der.length);
    if (!buf_reserve(&plain, encryption.encrypted.length))
        return error_no_memory(error);
    if (!decrypt_with_passphrase(&encryption, passphrase, &plain))
        return error_refuse(error, ERROR_PERMANENT, "export it again",
                            "the passphrase is wrong, or the private key is damaged");
    if (!buf_append(key, buf_str(&plain)))
        return error_set(error, ERROR_PERMANENT, "the private key is too large");
    return true;
}

bool pkcs8_decrypt_pem(struct str pem, struct str passphrase, struct buf *key_pem,
                       struct error *error)
{
    struct pem_block block;
    BUF_AUTO struct buf encrypted = BUF(LIMIT_KEY_PEM);
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    if (!pem_only(pem, STR("ENCRYPTED PRIVATE KEY"), &block, error) ||
        !pem_decode(&block, &encrypted, error) ||
        !pkcs8_decrypt(buf_str(&encrypted), passphrase, &key, error))
        return false;
    if (!pem_encode(STR("PRIVATE KEY"), buf_str(&key), key_pem))
        return error_set(error, ERROR_PERMANENT, "the private key is too large");
    return true;
}

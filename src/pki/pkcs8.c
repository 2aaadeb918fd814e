#include "pki/pkcs8.h"

#include "base/limits.h"
#include "pki/der.h"
#include "pki/pem.h"

#include <string.h>

enum { LONGEST_KEY = 32, RSA_NUMBERS = 8 };

#define OID_PBES2 STR("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")
#define OID_PBKDF2 STR("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")
#define OID_RSA STR("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_EC STR("\x2a\x86\x48\xce\x3d\x02\x01")

static const struct {
    struct str oid;
    enum hash hash;
} known_prfs[] = {
    {STR("\x2a\x86\x48\x86\xf7\x0d\x02\x07"), HASH_SHA1},
    {STR("\x2a\x86\x48\x86\xf7\x0d\x02\x08"), HASH_SHA224},
    {STR("\x2a\x86\x48\x86\xf7\x0d\x02\x09"), HASH_SHA256},
    {STR("\x2a\x86\x48\x86\xf7\x0d\x02\x0a"), HASH_SHA384},
    {STR("\x2a\x86\x48\x86\xf7\x0d\x02\x0b"), HASH_SHA512},
};

static const struct {
    struct str oid;
    size_t key_size;
} known_ciphers[] = {
    {STR("\x60\x86\x48\x01\x65\x03\x04\x01\x02"), 16},
    {STR("\x60\x86\x48\x01\x65\x03\x04\x01\x16"), 24},
    {STR("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), 32},
};

/* AlgorithmIdentifier: what stands behind the OID, nothing included, is its parameters. */
static bool next_algorithm(struct str *rest, struct str *oid, struct str *parameters)
{
    return der_next(rest, DER_SEQUENCE, parameters) && der_next(parameters, DER_OID, oid);
}

/* --- the outside: EncryptedPrivateKeyInfo ----------------------------------------------------- */

static bool malformed(struct error *error, const char *part)
{
    error_set(error, ERROR_PERMANENT, "the encrypted private key is damaged: its %s cannot be read",
              part);
    return error_advise(error, "export it again");
}

static bool unsupported(struct error *error, const char *part, struct str oid)
{
    char dotted[DER_OID_TEXT_SIZE];
    der_oid_text(oid, dotted);
    error_set(error, ERROR_PERMANENT,
              "the private key is encrypted in a way that is not supported: %s %s", part, dotted);
    return error_advise(error, "encrypt it with PBES2, PBKDF2 and AES-CBC, as ACM does");
}

/* No parameters, or NULL. */
static bool is_null(struct str parameters)
{
    struct str contents;
    if (parameters.length == 0)
        return true;
    return der_next(&parameters, DER_NULL, &contents) && contents.length == 0 &&
           parameters.length == 0;
}

static bool read_prf(struct str rest, struct pkcs8_encryption *encryption, struct error *error)
{
    struct str oid;
    struct str parameters;
    encryption->prf = HASH_SHA1;
    if (rest.length == 0)
        return true;
    if (!next_algorithm(&rest, &oid, &parameters) || rest.length > 0 || !is_null(parameters))
        return malformed(error, "pseudo-random function");
    for (size_t i = 0; i < sizeof known_prfs / sizeof known_prfs[0]; i++) {
        if (str_equal(known_prfs[i].oid, oid)) {
            encryption->prf = known_prfs[i].hash;
            return true;
        }
    }
    return unsupported(error, "pseudo-random function", oid);
}

static bool read_iterations(struct str *rest, struct pkcs8_encryption *encryption,
                            struct error *error)
{
    uint64_t iterations = 0;
    if (!der_next_number(rest, &iterations) || iterations == 0)
        return malformed(error, "iteration count");
    if (iterations > LIMIT_PBKDF2_ITERATIONS) {
        error_set(error, ERROR_PERMANENT,
                  "the private key is encrypted with more than %d iterations of PBKDF2",
                  (int)LIMIT_PBKDF2_ITERATIONS);
        return error_advise(error, "encrypt it with fewer; ACM uses some thousands");
    }
    encryption->iterations = (uint32_t)iterations;
    return true;
}

/* PBKDF2-params (RFC 8018 §A.2); a keyLength must be the cipher's, which is known before. */
static bool read_derivation(struct str rest, struct pkcs8_encryption *encryption,
                            struct error *error)
{
    struct str parameters;
    uint64_t key_size = encryption->key_size;
    if (!der_next(&rest, DER_SEQUENCE, &parameters) || rest.length > 0)
        return malformed(error, "key derivation");
    if (!der_next(&parameters, DER_OCTET_STRING, &encryption->salt) ||
        encryption->salt.length > PKCS8_LONGEST_SALT)
        return malformed(error, "salt");
    if (!read_iterations(&parameters, encryption, error))
        return false;
    if (der_next_is(parameters, DER_INTEGER) &&
        (!der_next_number(&parameters, &key_size) || key_size != encryption->key_size))
        return malformed(error, "key length");
    return read_prf(parameters, encryption, error);
}

static bool read_cipher(struct str oid, struct str parameters, struct pkcs8_encryption *encryption,
                        struct error *error)
{
    for (size_t i = 0; i < sizeof known_ciphers / sizeof known_ciphers[0]; i++) {
        if (str_equal(known_ciphers[i].oid, oid)) {
            encryption->key_size = known_ciphers[i].key_size;
            return (der_next(&parameters, DER_OCTET_STRING, &encryption->iv) &&
                    encryption->iv.length == AES_BLOCK_SIZE && parameters.length == 0) ||
                   malformed(error, "initialisation vector");
        }
    }
    return unsupported(error, "cipher", oid);
}

/* PBES2-params (RFC 8018 §A.4). */
static bool read_scheme(struct str rest, struct pkcs8_encryption *encryption, struct error *error)
{
    struct str scheme;
    struct str derivation;
    struct str derivation_parameters;
    struct str cipher;
    struct str cipher_parameters;
    if (!der_next(&rest, DER_SEQUENCE, &scheme) || rest.length > 0 ||
        !next_algorithm(&scheme, &derivation, &derivation_parameters) ||
        !next_algorithm(&scheme, &cipher, &cipher_parameters) || scheme.length > 0)
        return malformed(error, "encryption scheme");
    if (!str_equal(derivation, OID_PBKDF2))
        return unsupported(error, "key derivation", derivation);
    return read_cipher(cipher, cipher_parameters, encryption, error) &&
           read_derivation(derivation_parameters, encryption, error);
}

bool pkcs8_read_encryption(struct str der, struct pkcs8_encryption *encryption, struct error *error)
{
    struct str info;
    struct str oid;
    struct str parameters;
    if (!der_next(&der, DER_SEQUENCE, &info) || der.length > 0 ||
        !next_algorithm(&info, &oid, &parameters) ||
        !der_next(&info, DER_OCTET_STRING, &encryption->encrypted) || info.length > 0)
        return malformed(error, "outer structure");
    if (!str_equal(oid, OID_PBES2))
        return unsupported(error, "scheme", oid);
    if (encryption->encrypted.length == 0 || encryption->encrypted.length % AES_BLOCK_SIZE != 0)
        return malformed(error, "encrypted part");
    return read_scheme(parameters, encryption, error);
}

/* --- the inside: PrivateKeyInfo --------------------------------------------------------------- */

static bool is_rsa_key(struct str parameters, struct str key)
{
    struct str numbers;
    struct str number;
    uint64_t version = 0;
    if (!is_null(parameters) || !der_next(&key, DER_SEQUENCE, &numbers) || key.length > 0 ||
        !der_next_number(&numbers, &version) || version != 0)
        return false;
    for (int i = 0; i < RSA_NUMBERS; i++)
        if (!der_next_natural(&numbers, &number))
            return false;
    return numbers.length == 0;
}

/* Only named curves and, if the public key is there, only the form that everybody reads: not
 * compressed. */
static bool is_ec_key(struct str parameters, struct str key)
{
    struct str fields;
    struct str part;
    struct str inside;
    uint64_t version = 0;
    if (!der_next(&parameters, DER_OID, &part) || parameters.length > 0 ||
        !der_next(&key, DER_SEQUENCE, &fields) || key.length > 0 ||
        !der_next_number(&fields, &version) || version != 1 ||
        !der_next(&fields, DER_OCTET_STRING, &part))
        return false;
    if (der_next(&fields, DER_CONTEXT_0, &part) &&
        (!der_next(&part, DER_OID, &inside) || part.length > 0))
        return false;
    if (der_next(&fields, DER_CONTEXT_1, &part) &&
        (!der_next(&part, DER_BIT_STRING, &inside) || part.length > 0 ||
         !str_starts_with(inside, STR("\0\4"))))
        return false;
    return fields.length == 0;
}

bool pkcs8_is_private_key(struct str der)
{
    struct str info;
    struct str oid;
    struct str parameters;
    struct str key;
    uint64_t version = 0;
    if (!der_next(&der, DER_SEQUENCE, &info) || der.length > 0 ||
        !der_next_number(&info, &version) || version != 0 ||
        !next_algorithm(&info, &oid, &parameters) || !der_next(&info, DER_OCTET_STRING, &key) ||
        info.length > 0)
        return false;
    if (str_equal(oid, OID_RSA))
        return is_rsa_key(parameters, key);
    return str_equal(oid, OID_EC) && is_ec_key(parameters, key);
}

/* --- opening it ------------------------------------------------------------------------------- */

/* In place. One wrong key in 256 leaves what looks like padding: the structure tells it from the
 * right one. */
static bool decrypt(const struct pkcs8_encryption *encryption, struct str passphrase,
                    struct buf *data)
{
    uint8_t key[LONGEST_KEY];
    pbkdf2(encryption->prf, passphrase, encryption->salt, encryption->iterations, key,
           encryption->key_size);
    bool padded = aes_cbc_decrypt(key, encryption->key_size, (const uint8_t *)encryption->iv.data,
                                  (uint8_t *)data->data, &data->length);
    wipe(key, sizeof key);
    return padded && pkcs8_is_private_key(buf_str(data));
}

bool pkcs8_decrypt(struct str der, struct str passphrase, struct buf *key, struct error *error)
{
    struct pkcs8_encryption encryption = {0};
    if (!pkcs8_read_encryption(der, &encryption, error))
        return false;
    BUF_AUTO struct buf plain = BUF_SECRET(der.length);
    if (!buf_append(&plain, encryption.encrypted))
        return error_no_memory(error);
    if (!decrypt(&encryption, passphrase, &plain)) {
        error_set(error, ERROR_PERMANENT,
                  "the passphrase does not fit the private key, or the key is damaged: what comes "
                  "out is neither an RSA nor an EC key");
        return error_advise(error, "export it again");
    }
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

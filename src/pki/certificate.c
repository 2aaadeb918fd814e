#include "pki/certificate.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/mbedtls_version.h"
#include "pki/pem.h"
#include "pki/pkcs8.h"

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include <string.h>

enum { SMALLEST_RSA_BITS = 2048, LARGEST_RSA_BITS = 4096 };

/* Enough for the DER of an RSA public key of 8192 bits, more than is_allowed_key accepts. */
enum { PUBLIC_KEY_SIZE = 1200 };

/* Attribute types of a name (RFC 5280 §A.1: id-at-commonName, id-at-organizationName). */
#define OID_COMMON_NAME STR("\x55\x04\x03")
#define OID_ORGANIZATION STR("\x55\x04\x0a")

#define CERTIFICATE_AUTO __attribute__((cleanup(mbedtls_x509_crt_free)))
#define KEY_AUTO __attribute__((cleanup(mbedtls_pk_free)))

/* --- reading ---------------------------------------------------------------------------------- */

/* Accepts every critical extension that the library does not know, such as the name constraints of
 * private authorities. The clients of the server decide whether they trust the certificate. */
static int accept_extension(void *context, const mbedtls_x509_crt *certificate,
                            const mbedtls_x509_buf *oid, int critical, const unsigned char *data,
                            const unsigned char *end)
{
    (void)context;
    (void)certificate;
    (void)oid;
    (void)critical;
    (void)data;
    (void)end;
    return 0;
}

/* The library's error codes are negative; its documentation shows them without the sign. */
static unsigned positive_code(int code)
{
    return (unsigned)-code;
}

/* Parses one block. The certificate borrows from `der`. */
static bool parse_certificate(const struct pem_block *block, struct buf *der,
                              mbedtls_x509_crt *certificate, struct error *error)
{
    if (!pem_decode(block, der, error))
        return false;
    int code = mbedtls_x509_crt_parse_der_with_ext_cb(certificate, (const uint8_t *)der->data,
                                                      der->length, 0, accept_extension, NULL);
    if (library_lacks_memory(code))
        return error_no_memory(error);
    if (code != 0)
        return error_set(error, ERROR_PERMANENT,
                         "it is not a readable X.509 certificate (Mbed TLS: -0x%04x)",
                         positive_code(code));
    if (certificate->raw.len != der->length)
        return error_set(error, ERROR_PERMANENT, "there is extra data after the X.509 certificate");
    return true;
}

static bool parse_first_certificate(struct str pem, struct buf *der, mbedtls_x509_crt *certificate,
                                    struct error *error)
{
    struct pem_block block;
    if (pem_find(&pem, STR("CERTIFICATE"), &block, error) &&
        parse_certificate(&block, der, certificate, error))
        return true;
    return error_context(error, "the certificate cannot be used");
}

bool certificate_list_is_sound(struct str pem, const char *what, size_t fewest, struct error *error)
{
    struct pem_block block;
    size_t count = 0;
    struct str rest = pem;
    for (; pem_next(&rest, &block, error); pem = rest) {
        BUF_AUTO struct buf der = BUF(LIMIT_PEM_FILE);
        CERTIFICATE_AUTO mbedtls_x509_crt certificate;
        mbedtls_x509_crt_init(&certificate);
        struct str before = str_take(pem, (size_t)(block.whole.data - pem.data));
        if (str_trim(before).length > 0 || !str_equal(block.label, STR("CERTIFICATE")))
            return error_set(error, ERROR_PERMANENT,
                             "%s contains something other than certificates", what);
        if (++count > LIMIT_CHAIN_CERTIFICATES)
            return error_set(error, ERROR_PERMANENT, "%s contains more than %d certificates", what,
                             (int)LIMIT_CHAIN_CERTIFICATES);
        if (!parse_certificate(&block, &der, &certificate, error))
            return error_context(error, "certificate %zu of %s cannot be used", count, what);
    }
    if (error->kind != ERROR_NONE)
        return error_context(error, "%s cannot be used", what);
    if (str_trim(pem).length > 0)
        return error_set(error, ERROR_PERMANENT, "%s contains something other than certificates",
                         what);
    if (count < fewest)
        return error_set(error, ERROR_PERMANENT,
                         "%s contains too few certificates: %zu instead of at least %zu", what,
                         count, fewest);
    return true;
}

/* --- facts ------------------------------------------------------------------------------------ */

/* Copies a BMPString, two bytes a character (X.690 §8.23.8). Writes '?' for a character that is not
 * ASCII. */
static size_t copy_bmp(char *out, size_t room, const mbedtls_asn1_buf *text)
{
    size_t length = 0;
    for (size_t i = 0; i + 1 < text->len && length < room; i += 2)
        out[length++] = text->p[i] == 0 && text->p[i + 1] < 0x80 ? (char)text->p[i + 1] : '?';
    return length;
}

static void copy_text(char out[CERTIFICATE_NAME_SIZE], const mbedtls_asn1_buf *text)
{
    size_t room = CERTIFICATE_NAME_SIZE - 1;
    size_t length = text->len < room ? text->len : room;
    if (text->tag == MBEDTLS_ASN1_BMP_STRING)
        length = copy_bmp(out, room, text);
    else if (length > 0)
        memcpy(out, text->p, length);
    make_printable(out, length);
    out[length] = '\0';
}

/* Copies the first attribute of this type. Returns false when the name has none. */
static bool copy_attribute(char out[CERTIFICATE_NAME_SIZE], const mbedtls_x509_name *name,
                           struct str oid)
{
    for (; name != NULL; name = name->next) {
        if (str_equal(str_bytes(name->oid.p, name->oid.len), oid)) {
            copy_text(out, &name->val);
            return true;
        }
    }
    return false;
}

static bool copy_dns_name(char out[CERTIFICATE_NAME_SIZE], const mbedtls_x509_crt *certificate)
{
    const mbedtls_x509_sequence *name = &certificate->subject_alt_names;
    for (; name != NULL; name = name->next) {
        if ((name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == MBEDTLS_X509_SAN_DNS_NAME) {
            copy_text(out, &name->buf);
            return true;
        }
    }
    return false;
}

/* The library has checked that `time` is a valid date. */
static int64_t seconds_of_x509_time(const mbedtls_x509_time *time)
{
    return clock_from_date((unsigned)time->year, (unsigned)time->mon, (unsigned)time->day,
                           (unsigned)time->hour, (unsigned)time->min, (unsigned)time->sec);
}

static void read_facts(const mbedtls_x509_crt *certificate, struct certificate_facts *facts)
{
    *facts = (struct certificate_facts){0};
    if (!copy_dns_name(facts->name, certificate))
        copy_attribute(facts->name, &certificate->subject, OID_COMMON_NAME);
    if (!copy_attribute(facts->issuer, &certificate->issuer, OID_COMMON_NAME))
        copy_attribute(facts->issuer, &certificate->issuer, OID_ORGANIZATION);
    facts->not_before = seconds_of_x509_time(&certificate->valid_from);
    facts->not_after = seconds_of_x509_time(&certificate->valid_to);
}

bool certificate_read(struct str pem, struct certificate_facts *facts, struct error *error)
{
    BUF_AUTO struct buf der = BUF(LIMIT_PEM_FILE);
    CERTIFICATE_AUTO mbedtls_x509_crt certificate;
    mbedtls_x509_crt_init(&certificate);
    *facts = (struct certificate_facts){0};
    if (!parse_first_certificate(pem, &der, &certificate, error))
        return false;
    read_facts(&certificate, facts);
    return true;
}

/* --- keys ------------------------------------------------------------------------------------- */

static bool parse_key(struct str der, mbedtls_pk_context *key, struct error *error)
{
    /* The library accepts other forms, too, and ignores damage in parts that it does not need. */
    if (!pkcs8_is_private_key(der))
        return error_set(error, ERROR_PERMANENT,
                         "it is not a PKCS#8 key for RSA or an elliptic curve, or it is damaged");
    int code = library_parse_key(key, (const uint8_t *)der.data, der.length);
    if (code != 0)
        return error_set(
            error, ERROR_PERMANENT,
            "its numbers are invalid or its curve is not supported (Mbed TLS: -0x%04x)",
            positive_code(code));
    return true;
}

/* Compares the DER that the library writes for both. */
static bool is_same_public_key(const mbedtls_pk_context *a, const mbedtls_pk_context *b)
{
    uint8_t left[PUBLIC_KEY_SIZE];
    uint8_t right[PUBLIC_KEY_SIZE];
    int left_length = mbedtls_pk_write_pubkey_der(a, left, sizeof left);
    int right_length = mbedtls_pk_write_pubkey_der(b, right, sizeof right);
    /* The library writes to the end of the array. */
    return left_length > 0 && left_length == right_length &&
           memcmp(left + sizeof left - left_length, right + sizeof right - right_length,
                  (size_t)left_length) == 0;
}

static bool is_allowed_curve(psa_key_type_t type, size_t bits)
{
    return PSA_KEY_TYPE_ECC_GET_FAMILY(type) == PSA_ECC_FAMILY_SECP_R1 &&
           (bits == 256 || bits == 384 || bits == 521);
}

/* Checks type and size of a key by its public half. */
static bool is_allowed_key(const mbedtls_pk_context *public_key, struct error *error)
{
    psa_key_attributes_t attributes = psa_key_attributes_init();
    if (mbedtls_pk_get_psa_attributes(public_key, PSA_KEY_USAGE_VERIFY_HASH, &attributes) != 0)
        return error_set(error, ERROR_PERMANENT, "it is neither an RSA nor an EC key");
    psa_key_type_t type = psa_get_key_type(&attributes);
    size_t bits = psa_get_key_bits(&attributes);
    if (PSA_KEY_TYPE_IS_RSA(type))
        return (bits >= SMALLEST_RSA_BITS && bits <= LARGEST_RSA_BITS) ||
               error_set(error, ERROR_PERMANENT,
                         "it is an RSA key of %zu bits; %d to %d are allowed", bits,
                         (int)SMALLEST_RSA_BITS, (int)LARGEST_RSA_BITS);
    return is_allowed_curve(type, bits) ||
           error_set(error, ERROR_PERMANENT, "its curve is not P-256, P-384 or P-521");
}

bool certificate_matches_der(struct str certificate_pem, struct str key_der,
                             struct certificate_facts *facts, struct error *error)
{
    BUF_AUTO struct buf der = BUF(LIMIT_PEM_FILE);
    CERTIFICATE_AUTO mbedtls_x509_crt certificate;
    KEY_AUTO mbedtls_pk_context key;
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&key);
    if (!parse_first_certificate(certificate_pem, &der, &certificate, error))
        return false;
    if (!parse_key(key_der, &key, error))
        return error_context(error, "the private key cannot be used");
    if (!is_same_public_key(&certificate.pk, &key))
        return error_set(error, ERROR_PERMANENT,
                         "the private key does not belong to the certificate");
    if (!is_allowed_key(&certificate.pk, error))
        return error_context(error, "the private key cannot be used");
    if (!library_key_is_sound(&certificate.pk, &key, key_der))
        return error_set(error, ERROR_PERMANENT,
                         "the private key is damaged: its numbers do not match its public key");
    if (facts != NULL)
        read_facts(&certificate, facts);
    return true;
}

bool certificate_matches_key(struct str certificate_pem, struct str key_pem,
                             struct certificate_facts *facts, struct error *error)
{
    BUF_AUTO struct buf der = BUF_SECRET(LIMIT_KEY_PEM);
    struct pem_block block;
    if (!pem_only(key_pem, STR("PRIVATE KEY"), &block, error) || !pem_decode(&block, &der, error))
        return error_context(error, "the private key cannot be used");
    return certificate_matches_der(certificate_pem, buf_str(&der), facts, error);
}

bool certificate_key_sign(struct str key_der, const uint8_t digest[SHA256_SIZE],
                          struct buf *signature)
{
    uint8_t bytes[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t length = 0;
    KEY_AUTO mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    return library_parse_key(&key, (const uint8_t *)key_der.data, key_der.length) == 0 &&
           library_sign(&key, digest, bytes, &length) == 0 &&
           buf_append(signature, str_bytes(bytes, length));
}

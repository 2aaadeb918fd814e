#include "pki/identity.h"

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "pki/pem.h"
#include "pki/pkcs8.h"

enum { LONGEST_SIGNATURE = 1024 };

void identity_free(struct identity *identity)
{
    buf_free(&identity->leaf);
    buf_free(&identity->chain);
    buf_free(&identity->key);
}

/* Reads the serial number of a certificate (RFC 5280 §4.1) that the library has accepted. */
static bool read_serial(struct str der, char out[ASN1_DECIMAL_SIZE])
{
    struct str certificate;
    struct str fields;
    struct str part;
    if (!asn1_next(&der, ASN1_SEQUENCE, &certificate) ||
        !asn1_next(&certificate, ASN1_SEQUENCE, &fields))
        return false;
    asn1_next(&fields, ASN1_CONTEXT_0, &part); /* the version */
    return asn1_next(&fields, ASN1_INTEGER, &part) && asn1_decimal(part, out);
}

static bool is_valid_now(const struct certificate_facts *facts, int64_t now, struct error *error)
{
    char limit[CLOCK_ISO8601_SIZE];
    char time[CLOCK_ISO8601_SIZE];
    bool early = now < facts->not_before;
    if (!early && now <= facts->not_after)
        return true;
    clock_format_iso8601(early ? facts->not_before : facts->not_after, limit);
    clock_format_iso8601(now, time);
    return error_refuse(error, early ? ERROR_TRANSIENT : ERROR_CONFIGURATION,
                        early ? "set the clock, or wait; it is tried again"
                              : "put a new certificate there: it is used at once",
                        "%s %s %s, and this machine's clock says %s", facts->name,
                        early ? "is not valid before" : "expired at", limit, time);
}

/* Appends a certificate to its place: the first is the leaf. */
static bool add_certificate(struct identity *identity, struct str der)
{
    struct buf *out = &identity->leaf;
    if (out->length > 0) {
        out = &identity->chain;
        if (out->length > 0)
            buf_append_byte(out, ',');
    }
    return base64_encode(der, out);
}

static bool read_certificate(struct identity *identity, const struct pem_block *block, int64_t now,
                             struct error *error)
{
    BUF_AUTO struct buf der = BUF(LIMIT_DEVICE_CERTIFICATE);
    struct certificate_facts facts;
    bool is_leaf = identity->leaf.length == 0;
    if (is_leaf ? !certificate_matches_der(block->whole, buf_str(&identity->key), &identity->facts,
                                           error)
                : !certificate_read(block->whole, &facts, error))
        return false;
    if (!pem_decode(block, &der, error))
        return false;
    if (!add_certificate(identity, buf_str(&der)))
        return error_no_memory(error);
    if (is_leaf && !read_serial(buf_str(&der), identity->serial))
        return error_set(error, ERROR_PERMANENT,
                         "the serial number is negative, or longer than %d bytes",
                         (int)ASN1_LONGEST_DECIMAL);
    return is_valid_now(is_leaf ? &identity->facts : &facts, now, error);
}

/* Completes the error of certificate `number` of the file. */
static bool refuse_certificate(struct error *error, size_t number, const char *path)
{
    if (error->kind == ERROR_PERMANENT) {
        error->kind = ERROR_CONFIGURATION;
        error_advise(error, "put the certificate of private_key first (RSA of 2048 to 4096 bits, "
                            "or EC on P-256, P-384 or P-521), then its chain");
    }
    return error_context(error, "certificate %zu of %s", number, path);
}

bool identity_read(struct str certificate_pem, const char *path, int64_t now,
                   struct identity *identity, struct error *error)
{
    struct pem_block block;
    size_t count = 0;
    identity->leaf = BUF(2 * LIMIT_DEVICE_CERTIFICATE);
    identity->chain = BUF(2 * LIMIT_DEVICE_CERTIFICATE);
    identity->is_rsa = pkcs8_is_rsa(buf_str(&identity->key));
    while (pem_next(&certificate_pem, &block, error)) {
        if (!str_equal(block.label, STR("CERTIFICATE")))
            continue;
        if (!read_certificate(identity, &block, now, error))
            return refuse_certificate(error, count + 1, path);
        count++;
    }
    if (error->kind == ERROR_NONE && count == 0)
        error_set(error, ERROR_PERMANENT, "there is no CERTIFICATE block");
    return error->kind == ERROR_NONE || refuse_certificate(error, count + 1, path);
}

bool identity_sign(const struct identity *identity, struct str message, struct buf *out)
{
    BUF_AUTO struct buf signature = BUF(LONGEST_SIGNATURE);
    uint8_t digest[SHA256_SIZE];
    char digits[2 * LONGEST_SIGNATURE + 1];
    sha256(message, digest);
    if (!certificate_key_sign(buf_str(&identity->key), digest, &signature))
        return false;
    hex_encode((const uint8_t *)signature.data, signature.length, digits);
    return buf_append_text(out, digits);
}

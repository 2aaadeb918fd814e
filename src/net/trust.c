#include "net/trust.h"

#include "base/crypto.h"
#include "base/limits.h"
#include "net/roots.h"

enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30, DER_VERSION = 0xa0 };

/* Takes one DER element (X.690 §8.1, §10.1) with that tag: `whole` with its header, `content`
 * without. */
static bool take_element(struct str *rest, uint8_t tag, struct str *whole, struct str *content)
{
    if (rest->length < 2 || (uint8_t)rest->data[0] != tag)
        return false;
    size_t header = 2;
    size_t length = (uint8_t)rest->data[1];
    if (length >= 0x80) {
        size_t digits = length - 0x80;
        if (digits < 1 || digits > 3 || rest->length < header + digits)
            return false;
        for (length = 0; header < 2 + digits; header++)
            length = length << 8 | (uint8_t)rest->data[header];
    }
    if (length > rest->length - header)
        return false;
    *whole = str_take(*rest, header + length);
    *content = str_skip(*whole, header);
    *rest = str_skip(*rest, header + length);
    return true;
}

/* The subject of the certificate at the start of `der` (RFC 5280 §4.1), which moves past it. */
static bool take_certificate(struct str *der, struct str *whole, struct str *subject)
{
    struct str body;
    struct str fields;
    struct str ignored;
    struct str content;
    if (!take_element(der, DER_SEQUENCE, whole, &body) ||
        !take_element(&body, DER_SEQUENCE, &ignored, &fields))
        return false;
    take_element(&fields, DER_VERSION, &ignored, &content);
    return take_element(&fields, DER_INTEGER, &ignored, &content) &&  /* serial number */
           take_element(&fields, DER_SEQUENCE, &ignored, &content) && /* signature algorithm */
           take_element(&fields, DER_SEQUENCE, &ignored, &content) && /* issuer */
           take_element(&fields, DER_SEQUENCE, &ignored, &content) && /* validity */
           take_element(&fields, DER_SEQUENCE, subject, &content);
}

static bool refuse_bundle(const char *why, struct error *error)
{
    error_set(error, ERROR_CONFIGURATION, "the CA bundle cannot be used: %s", why);
    return error_advise(error, "edge.ca_bundle or AWS_CA_BUNDLE must name a PEM file with the root "
                               "certificates to trust");
}

/* Decodes what stands between the armour lines of one block. */
static bool add_block(struct trust *trust, struct str text, struct error *error)
{
    size_t start = trust->bundle.length;
    if (!base64_decode(text, &trust->bundle))
        return refuse_bundle("a certificate in it is damaged, or it is too large", error);
    struct str der = str_skip(buf_str(&trust->bundle), start);
    struct str whole;
    struct str subject;
    if (!take_certificate(&der, &whole, &subject) || der.length > 0)
        return refuse_bundle("a block in it is no X.509 certificate", error);
    return true;
}

bool trust_load(struct trust *trust, struct str pem, struct error *error)
{
    static const struct str begin = STR("-----BEGIN CERTIFICATE-----");
    static const struct str end = STR("-----END CERTIFICATE-----");
    trust->bundle = BUF(LIMIT_PEM_FILE);
    if (pem.length == 0)
        return true;
    if (!buf_reserve(&trust->bundle, pem.length / 4 * 3))
        return refuse_bundle("it is too large", error);
    for (size_t at = 0; (at = str_search(pem, begin)) < pem.length;) {
        pem = str_skip(pem, at + begin.length);
        size_t close = str_search(pem, end);
        if (close == pem.length)
            return refuse_bundle("a certificate in it has no end", error);
        if (!add_block(trust, str_take(pem, close), error))
            return false;
        pem = str_skip(pem, close + end.length);
    }
    return trust->bundle.length > 0 || refuse_bundle("there is no certificate in it", error);
}

void trust_free(struct trust *trust)
{
    buf_free(&trust->bundle);
}

/* The cursor is an offset into the bundle, or an index of the built-in roots. */
static bool next(const struct trust *trust, size_t *cursor, struct str *der, struct str *subject)
{
    struct str rest;
    if (trust->bundle.length > 0) {
        rest = str_skip(buf_str(&trust->bundle), *cursor);
        if (!take_certificate(&rest, der, subject))
            return false;
        *cursor += der->length;
        return true;
    }
    if (*cursor >= amazon_root_count)
        return false;
    const struct root_certificate *root = &amazon_roots[(*cursor)++];
    rest = str_bytes(root->der, root->length);
    return take_certificate(&rest, der, subject);
}

bool trust_next(const struct trust *trust, size_t *cursor, struct str *der)
{
    struct str subject;
    return next(trust, cursor, der, &subject);
}

bool trust_next_named(const struct trust *trust, struct str name, size_t *cursor, struct str *der)
{
    struct str subject;
    while (next(trust, cursor, der, &subject))
        if (str_equal(subject, name))
            return true;
    return false;
}

#include "net/trust.h"

#include "base/limits.h"
#include "crypto/crypto.h"
#include "crypto/der.h"
#include "net/roots.h"

/* The subject of the certificate at the start of `der` (RFC 5280 §4.1), which moves past it. */
static bool take_certificate(struct str *der, struct str *whole, struct str *subject)
{
    struct str from = *der;
    struct str body;
    struct str fields;
    struct str ignored;
    if (!der_next(der, DER_SEQUENCE, &body) || !der_next(&body, DER_SEQUENCE, &fields))
        return false;
    *whole = str_take(from, from.length - der->length);
    der_next(&fields, DER_CONTEXT_0, &ignored);       /* version */
    if (!der_next(&fields, DER_INTEGER, &ignored) ||  /* serial number */
        !der_next(&fields, DER_SEQUENCE, &ignored) || /* signature algorithm */
        !der_next(&fields, DER_SEQUENCE, &ignored) || /* issuer */
        !der_next(&fields, DER_SEQUENCE, &ignored))   /* validity */
        return false;
    *subject = fields;
    if (!der_next(&fields, DER_SEQUENCE, &ignored))
        return false;
    subject->length -= fields.length;
    return true;
}

static bool refuse_bundle(const char *why, struct error *error)
{
    return error_refuse(error, ERROR_CONFIGURATION,
                        "name a PEM file with root certificates in edge.ca_bundle or AWS_CA_BUNDLE",
                        "the CA bundle cannot be used: %s", why);
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

#include "net/trust.h"

#include "base/buf.h"
#include "base/limits.h"
#include "crypto/asn1.h"
#include "crypto/base64.h"
#include "crypto/mbedtls_version.h"
#include "net/name_constraints.h"
#include "net/roots.h"

static bool refuse_bundle(const char *why, struct error *error)
{
    return error_refuse(error, ERROR_CONFIGURATION,
                        "set edge.ca_bundle or AWS_CA_BUNDLE to a PEM file with root certificates",
                        "the CA bundle cannot be used: %s", why);
}

/* The library asks about extensions that it does not know. Critical name constraints are accepted,
 * since peer.c enforces them. */
static int accept_extension(void *context, const mbedtls_x509_crt *certificate,
                            const mbedtls_x509_buf *oid, int critical, const unsigned char *start,
                            const unsigned char *end)
{
    (void)context;
    (void)certificate;
    (void)critical;
    (void)start;
    (void)end;
    return str_equal(str_bytes(oid->p, oid->len), OID_NAME_CONSTRAINTS)
               ? 0
               : MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
}

/* Adds the certificate between the BEGIN and END lines of a block. */
static bool add_certificate(struct trust *trust, struct str text, struct error *error)
{
    BUF_AUTO struct buf der = BUF(LIMIT_PEM_FILE);
    struct str rest;
    struct str contents;
    if (!base64_decode(text, &der))
        return refuse_bundle("a certificate in it is damaged, or it is too large", error);
    rest = buf_str(&der);
    if (!asn1_next(&rest, ASN1_SEQUENCE, &contents) || rest.length > 0)
        return refuse_bundle("a block in it is not an X.509 certificate", error);
    int code = mbedtls_x509_crt_parse_der_with_ext_cb(
        &trust->anchors, (const unsigned char *)der.data, der.length, 1, accept_extension, NULL);
    return !library_lacks_memory(code) || error_no_memory(error);
}

static bool load_bundle(struct trust *trust, struct str pem, struct error *error)
{
    static const struct str begin = STR("-----BEGIN CERTIFICATE-----");
    static const struct str end = STR("-----END CERTIFICATE-----");
    for (size_t at = 0; (at = str_search(pem, begin)) < pem.length;) {
        pem = str_skip(pem, at + begin.length);
        size_t close = str_search(pem, end);
        if (close == pem.length)
            return refuse_bundle("a certificate in it has no END line", error);
        if (!add_certificate(trust, str_take(pem, close), error))
            return false;
        pem = str_skip(pem, close + end.length);
    }
    return trust->anchors.raw.len > 0 ||
           refuse_bundle("it contains no certificate that can be used", error);
}

/* The anchors refer to the roots, which are constant data, and copy nothing. */
static bool load_built_in_roots(struct trust *trust, struct error *error)
{
    for (size_t i = 0; i < amazon_root_count; i++) {
        int code = mbedtls_x509_crt_parse_der_nocopy(&trust->anchors, amazon_roots[i].der,
                                                     amazon_roots[i].length);
        if (library_lacks_memory(code))
            return error_no_memory(error);
        if (code != 0)
            return error_set(error, ERROR_INTERNAL, "a built-in root certificate cannot be read");
    }
    return true;
}

bool trust_load(struct trust *trust, struct str pem, struct error *error)
{
    mbedtls_x509_crt_init(&trust->anchors);
    return pem.length > 0 ? load_bundle(trust, pem, error) : load_built_in_roots(trust, error);
}

void trust_free(struct trust *trust)
{
    mbedtls_x509_crt_free(&trust->anchors);
}

#include "net/trust.h"

#include "base/buf.h"
#include "base/limits.h"
#include "crypto/asn1.h"
#include "crypto/base64.h"
#include "crypto/mbedtls_version.h"
#include "net/roots.h"

static bool refuse_bundle(const char *why, struct error *error)
{
    return error_refuse(error, ERROR_CONFIGURATION,
                        "name a PEM file with root certificates in edge.ca_bundle or AWS_CA_BUNDLE",
                        "the CA bundle cannot be used: %s", why);
}

/* Adds what stands between the armour lines of one block. */
static bool add_block(struct trust *trust, struct str text, struct error *error)
{
    BUF_AUTO struct buf der = BUF(LIMIT_PEM_FILE);
    struct str rest;
    struct str contents;
    if (!base64_decode(text, &der))
        return refuse_bundle("a certificate in it is damaged, or it is too large", error);
    rest = buf_str(&der);
    if (!asn1_next(&rest, ASN1_SEQUENCE, &contents) || rest.length > 0)
        return refuse_bundle("a block in it is no X.509 certificate", error);
    int code =
        mbedtls_x509_crt_parse_der(&trust->anchors, (const unsigned char *)der.data, der.length);
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
            return refuse_bundle("a certificate in it has no end", error);
        if (!add_block(trust, str_take(pem, close), error))
            return false;
        pem = str_skip(pem, close + end.length);
    }
    return trust->anchors.raw.len > 0 ||
           refuse_bundle("there is no certificate in it that can be read", error);
}

/* They stay where they are: read-only data. */
static bool load_built_in(struct trust *trust, struct error *error)
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
    return pem.length > 0 ? load_bundle(trust, pem, error) : load_built_in(trust, error);
}

void trust_free(struct trust *trust)
{
    mbedtls_x509_crt_free(&trust->anchors);
}

#include "net/trust.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/asn1.h"
#include "crypto/base64.h"
#include "crypto/mbedtls_version.h"
#include "net/name_constraints.h"
#include "net/roots.h"

enum { MOST_WARNINGS = 8 };

/* Where the reading of a bundle is. */
struct bundle {
    struct str rest;
    unsigned line;    /* of `rest`, from 1 on */
    unsigned number;  /* of the current certificate, from 1 on */
    struct str label; /* of the current block */
    struct str body;  /* its Base64; NULL: it has no END line */
    struct str other; /* the label of a block that is no certificate */
};

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

/* Adds the current certificate. Sets `fault` when it is not added. False: memory is short. */
static bool add_certificate(struct trust *trust, const struct bundle *bundle, const char **fault,
                            struct error *error)
{
    BUF_AUTO struct buf der = BUF(LIMIT_PEM_FILE);
    struct str contents;
    *fault = "it is damaged";
    if (!str_equal(bundle->label, STR("CERTIFICATE"))) {
        *fault =
            "it is a TRUSTED CERTIFICATE, a form of OpenSSL's own; convert it: openssl x509 -in "
            "FILE -out FILE.pem";
        return true;
    }
    if (bundle->body.data == NULL)
        *fault = "it has no END line";
    if (bundle->body.data == NULL || !base64_decode(bundle->body, &der))
        return true;
    struct str rest = buf_str(&der);
    if (!asn1_next(&rest, ASN1_SEQUENCE, &contents) || rest.length > 0)
        return true;
    int code = mbedtls_x509_crt_parse_der_with_ext_cb(
        &trust->anchors, (const unsigned char *)der.data, der.length, 1, accept_extension, NULL);
    *fault = code == 0
                 ? NULL
                 : "it is damaged, or its key, signature or a critical extension is of a kind "
                   "that is not supported";
    return !library_lacks_memory(code) || error_no_memory(error);
}

/* Moves past `count` bytes and counts their lines. */
static void move(struct bundle *bundle, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bundle->line += bundle->rest.data[i] == '\n';
    bundle->rest = str_skip(bundle->rest, count);
}

/* True when a '#' stands before byte `at` on its line. */
static bool is_comment(struct str text, size_t at)
{
    while (at > 0 && text.data[at - 1] != '\n')
        if (text.data[--at] == '#')
            return true;
    return false;
}

/* Finds the next block, which may follow directly upon another one's END line. Skips text around
 * blocks, and blocks that are comments. Leaves `rest` at the block's label. */
static bool next_block(struct bundle *bundle)
{
    static const struct str begin = STR("-----BEGIN ");
    static const struct str end = STR("-----END ");
    for (size_t at; (at = str_search(bundle->rest, begin)) < bundle->rest.length;) {
        bool comment = is_comment(bundle->rest, at);
        move(bundle, at + begin.length);
        if (comment)
            continue;
        struct str line = str_take(bundle->rest, str_index_of(bundle->rest, '\n'));
        bundle->label = str_take(line, str_index_of(line, '-'));
        struct str body = str_skip(bundle->rest, bundle->label.length + 5); /* hyphens */
        struct str after = str_skip(body, str_index_of(body, '-'));
        bool ended = str_starts_with(after, end) &&
                     str_starts_with(str_skip(after, end.length), bundle->label);
        bundle->body = ended ? str_take(body, body.length - after.length) : (struct str){0};
        return true;
    }
    return false;
}

/* Says what a bundle is that has no certificate that can be used. */
static bool refuse_bundle(const struct bundle *bundle, struct str pem, struct error *error)
{
    const char *advice = "set edge.ca_bundle or AWS_CA_BUNDLE to a PEM file with root certificates";
    const char *why = "it contains no CERTIFICATE block";
    if (bundle->number > 0) {
        why = "none of its certificates can be used, as the log says";
    } else if (str_starts_with(pem, STR("\x30"))) {
        why = "it is DER, not PEM";
        advice = "convert it: openssl x509 -inform DER -in FILE -out FILE.pem";
    } else if (str_starts_with(pem, STR("\xff\xfe")) || str_starts_with(pem, STR("\xfe\xff"))) {
        why = "it is UTF-16 text";
        advice = "save it as ASCII or UTF-8";
    }
    struct str other = str_take(bundle->other, 40);
    return error_refuse(error, ERROR_CONFIGURATION, advice,
                        "the CA bundle cannot be used: %s%s%.*s", why,
                        other.length > 0 ? "; it has a block " : "", (int)other.length, other.data);
}

static bool load_bundle(struct trust *trust, struct str pem, struct error *error)
{
    struct bundle bundle = {.rest = pem, .line = 1, .other = STR("")};
    unsigned skipped = 0;
    while (next_block(&bundle)) {
        const char *fault = NULL;
        if (!str_ends_with(bundle.label, STR("CERTIFICATE"))) {
            bundle.other = bundle.label;
            continue;
        }
        bundle.number++;
        if (!add_certificate(trust, &bundle, &fault, error))
            return false;
        if (fault != NULL && skipped++ < MOST_WARNINGS)
            log_warn("Certificate %u of the CA bundle, in line %u, is skipped: %s", bundle.number,
                     bundle.line, fault);
    }
    if (skipped > MOST_WARNINGS)
        log_warn("%u more certificates of the CA bundle are skipped", skipped - MOST_WARNINGS);
    return trust->anchors.raw.len > 0 || refuse_bundle(&bundle, pem, error);
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

/* Trust anchors: which there are, and how one is found. */
#include "base/format.h"
#include "crypto/crypto.h"
#include "net/roots.h"
#include "net/trust.h"

#include <mbedtls/x509_crt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ROOMY = 64 * 1024 };

static void append_pem(struct buf *pem, const char *label, struct str der)
{
    buf_format(pem, "-----BEGIN %s-----\r\n", label);
    assert_true(base64_encode(der, pem));
    buf_format(pem, "\r\n-----END %s-----\r\n", label);
}

static struct str root(size_t i)
{
    return str_bytes(amazon_roots[i].der, amazon_roots[i].length);
}

static size_t count(const struct trust *trust)
{
    size_t cursor = 0;
    size_t found = 0;
    struct str der;
    while (trust_next(trust, &cursor, &der))
        found++;
    return found;
}

/* By the subject that another parser reads. */
static void expect_found(const struct trust *trust, struct str der)
{
    mbedtls_x509_crt certificate;
    size_t cursor = 0;
    struct str found = {0};
    mbedtls_x509_crt_init(&certificate);
    assert_int_equal(
        mbedtls_x509_crt_parse_der(&certificate, (const unsigned char *)der.data, der.length), 0);
    struct str subject = str_bytes(certificate.subject_raw.p, certificate.subject_raw.len);
    assert_true(trust_next_named(trust, subject, &cursor, &found));
    assert_true(str_equal(found, der));
    assert_false(trust_next_named(trust, subject, &cursor, &found));
    cursor = 0;
    assert_false(trust_next_named(trust, str_skip(subject, 1), &cursor, &found));
    mbedtls_x509_crt_free(&certificate);
}

static void finds_every_built_in_root(void **state)
{
    (void)state;
    struct trust trust;
    struct error error = {0};
    assert_true(trust_load(&trust, STR(""), &error));
    assert_int_equal(count(&trust), amazon_root_count);
    assert_true(amazon_root_count >= 5);
    for (size_t i = 0; i < amazon_root_count; i++)
        expect_found(&trust, root(i));
    trust_free(&trust);
}

static void finds_what_a_bundle_holds_and_nothing_else(void **state)
{
    (void)state;
    struct buf pem BUF_AUTO = BUF(ROOMY);
    struct trust trust;
    struct error error = {0};
    buf_append_text(&pem, "# Some authority\n");
    append_pem(&pem, "CERTIFICATE", root(1));
    append_pem(&pem, "X509 CRL", STR("not looked at"));
    append_pem(&pem, "TRUSTED CERTIFICATE", STR("neither is this"));
    buf_append_text(&pem, "\n");
    append_pem(&pem, "CERTIFICATE", root(3));
    assert_true(trust_load(&trust, buf_str(&pem), &error));
    assert_int_equal(count(&trust), 2);
    expect_found(&trust, root(1));
    expect_found(&trust, root(3));
    trust_free(&trust);
}

/* No prefix of a certificate is one, nor one with something behind it. */
static void refuses_a_certificate_that_is_cut(void **state)
{
    (void)state;
    struct str whole = root(0);
    for (size_t length = 0; length < whole.length; length++) {
        struct buf pem BUF_AUTO = BUF(ROOMY);
        struct trust trust;
        struct error error = {0};
        append_pem(&pem, "CERTIFICATE", str_take(whole, length));
        assert_false(trust_load(&trust, buf_str(&pem), &error));
        assert_int_equal(error.kind, ERROR_CONFIGURATION);
        trust_free(&trust);
    }
    struct buf longer BUF_AUTO = BUF(ROOMY);
    struct buf pem BUF_AUTO = BUF(ROOMY);
    struct trust trust;
    struct error error = {0};
    buf_append(&longer, whole);
    buf_append_byte(&longer, '\0');
    append_pem(&pem, "CERTIFICATE", buf_str(&longer));
    assert_false(trust_load(&trust, buf_str(&pem), &error));
    trust_free(&trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_built_in_root),
        cmocka_unit_test(finds_what_a_bundle_holds_and_nothing_else),
        cmocka_unit_test(refuses_a_certificate_that_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

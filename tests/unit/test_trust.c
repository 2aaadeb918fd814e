/* The trust anchors that are loaded from a bundle, and the built-in ones. */
#include "base/format.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "net/roots.h"
#include "net/trust.h"

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
    size_t found = 0;
    for (const mbedtls_x509_crt *at = &trust->anchors; at != NULL; at = at->next)
        found += at->raw.len > 0;
    return found;
}

static void expect_found(const struct trust *trust, struct str der)
{
    for (const mbedtls_x509_crt *at = &trust->anchors; at != NULL; at = at->next)
        if (str_equal(str_bytes(at->raw.p, at->raw.len), der))
            return;
    fail_msg("an anchor is missing");
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

/* Neither a prefix of a certificate is accepted, nor a certificate with bytes after it. */
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

/* The key of an authority may have a type that the library does not support, or its certificate an
 * unknown critical extension. The rest of the bundle is used. */
static void leaves_out_what_the_library_cannot_read(void **state)
{
    (void)state;
    struct buf pem BUF_AUTO = BUF(ROOMY);
    struct trust trust;
    struct error error = {0};
    append_pem(&pem, "CERTIFICATE", STR("\x30\x03\x02\x01\x05"));
    assert_false(trust_load(&trust, buf_str(&pem), &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    trust_free(&trust);
    append_pem(&pem, "CERTIFICATE", root(2));
    assert_true(trust_load(&trust, buf_str(&pem), &error));
    assert_int_equal(count(&trust), 1);
    expect_found(&trust, root(2));
    trust_free(&trust);
}

static int start_crypto(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_built_in_root),
        cmocka_unit_test(finds_what_a_bundle_holds_and_nothing_else),
        cmocka_unit_test(refuses_a_certificate_that_is_cut),
        cmocka_unit_test(leaves_out_what_the_library_cannot_read),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

/* The trust anchors that are loaded from a bundle, and the built-in ones. */
#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "net/roots.h"
#include "net/trust.h"
#include "support/captured_log.h"

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

/* Loads a bundle and returns how many certificates are in use; 0: it is refused, with these words
 * in message and advice. The log goes to `lines`. */
static size_t load(struct str pem, struct buf *lines, const char *words)
{
    struct trust trust;
    struct error error = {0};
    capture_log(lines);
    bool loaded = trust_load(&trust, pem, &error);
    release_log();
    size_t found = loaded ? count(&trust) : 0;
    trust_free(&trust);
    if (!loaded) {
        char text[ERROR_MESSAGE_SIZE + ERROR_ADVICE_SIZE];
        assert_int_equal(error.kind, ERROR_CONFIGURATION);
        format_text(text, sizeof text, "%s; %s", error.message, error.advice);
        if (words == NULL || strstr(text, words) == NULL)
            fail_msg("%s", text);
    }
    return found;
}

static void finds_what_a_bundle_holds_and_nothing_else(void **state)
{
    (void)state;
    struct buf pem BUF_AUTO = BUF(ROOMY);
    struct buf lines BUF_AUTO = BUF(ROOMY);
    struct trust trust;
    struct error error = {0};
    buf_append_text(&pem, "\xef\xbb\xbf# Some authority\r\n  text with ----- hyphens\r\n");
    append_pem(&pem, "CERTIFICATE", root(1));
    append_pem(&pem, "X509 CRL", STR("not looked at"));
    buf_append_text(&pem, "\r\n# -----BEGIN CERTIFICATE-----\r\n# removed\r\n"
                          "# -----END CERTIFICATE-----\r\n");
    append_pem(&pem, "CERTIFICATE", root(3));
    assert_int_equal(load(buf_str(&pem), &lines, NULL), 2);
    assert_int_equal(lines.length, 0);
    assert_true(trust_load(&trust, buf_str(&pem), &error));
    expect_found(&trust, root(1));
    expect_found(&trust, root(3));
    trust_free(&trust);
}

/* As `cat` makes it of files that do not end in a line end. */
static void finds_certificates_without_a_line_end_between_them(void **state)
{
    (void)state;
    struct buf pem BUF_AUTO = BUF(ROOMY);
    struct buf lines BUF_AUTO = BUF(ROOMY);
    append_pem(&pem, "CERTIFICATE", root(0));
    pem.length -= strlen("\r\n");
    append_pem(&pem, "CERTIFICATE", root(1));
    pem.length -= strlen("\r\n");
    assert_int_equal(load(buf_str(&pem), &lines, NULL), 2);
    assert_int_equal(lines.length, 0);
}

/* Each is skipped, with its number and line, and the rest is used. */
static void skips_what_cannot_be_used_and_says_which_one(void **state)
{
    (void)state;
    static const char damaged[] = ", is skipped: it is damaged\n";
    static const struct {
        const char *text;
        const char *warning;
    } cases[] = {
        {"-----BEGIN CERTIFICATE-----\nMIIB*\n-----END CERTIFICATE-----\n", damaged},
        {"-----BEGIN CERTIFICATE-----\nMAA=\nMAA=\n-----END CERTIFICATE-----\n", damaged},
        {"-----BEGIN CERTIFICATE-----\nBAA=\n-----END CERTIFICATE-----\n", damaged},
        {"-----BEGIN CERTIFICATE\nMAA=\n-----END CERTIFICATE-----\n", damaged},
        {"-----BEGIN CERTIFICATE-----\nMAMC\n", "it has no END line"},
        {"-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END OTHER-----\n", "it has no END line"},
        {"-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n", "not supported"},
        {"-----BEGIN TRUSTED CERTIFICATE-----\nMAMCAQU=\n-----END TRUSTED CERTIFICATE-----\n",
         "TRUSTED CERTIFICATE, a form of OpenSSL's own; convert it: openssl x509 -in"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf pem BUF_AUTO = BUF(ROOMY);
        struct buf lines BUF_AUTO = BUF(ROOMY);
        buf_append_text(&pem, "# Two lines\n\n");
        append_pem(&pem, "CERTIFICATE", root(0));
        size_t line = 1;
        for (size_t at = 0; at < pem.length; at++)
            line += pem.data[at] == '\n';
        buf_append_text(&pem, cases[i].text);
        append_pem(&pem, "CERTIFICATE", root(1));
        assert_int_equal(load(buf_str(&pem), &lines, NULL), 2);
        char expected[64];
        format_text(expected, sizeof expected,
                    "WARN Certificate 2 of the CA bundle, in line %zu, is skipped: ", line);
        assert_logged(&lines, expected);
        assert_logged(&lines, cases[i].warning);
    }
}

/* Neither a prefix of a certificate is accepted, nor a certificate with bytes after it. */
static void refuses_a_certificate_that_is_cut(void **state)
{
    (void)state;
    struct str whole = root(0);
    for (size_t length = 0; length < whole.length; length++) {
        struct buf pem BUF_AUTO = BUF(ROOMY);
        struct buf lines BUF_AUTO = BUF(ROOMY);
        append_pem(&pem, "CERTIFICATE", str_take(whole, length));
        assert_int_equal(load(buf_str(&pem), &lines, "none of its certificates can be used"), 0);
    }
    struct buf longer BUF_AUTO = BUF(ROOMY);
    struct buf pem BUF_AUTO = BUF(ROOMY);
    struct buf lines BUF_AUTO = BUF(ROOMY);
    buf_append(&longer, whole);
    buf_append_byte(&longer, '\0');
    append_pem(&pem, "CERTIFICATE", buf_str(&longer));
    assert_int_equal(load(buf_str(&pem), &lines, "none of its certificates can be used"), 0);
}

static void names_what_is_no_bundle(void **state)
{
    (void)state;
    static const struct str utf_16 = STR("\xff\xfe-\0-\0");
    struct buf lines BUF_AUTO = BUF(ROOMY);
    assert_int_equal(load(root(0), &lines, "it is DER, not PEM; convert it: openssl x509 -inf"), 0);
    assert_int_equal(load(utf_16, &lines, "it is UTF-16 text; save it as"), 0);
    assert_int_equal(load(STR("nothing of the kind"), &lines, "no CERTIFICATE block; set edge"), 0);
    assert_int_equal(load(STR("-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n"), &lines,
                          "no CERTIFICATE block; it has a block PKCS7; set"),
                     0);
    assert_int_equal(lines.length, 0);
}

static void warns_a_few_times_only(void **state)
{
    (void)state;
    struct buf pem BUF_AUTO = BUF(ROOMY);
    struct buf lines BUF_AUTO = BUF(ROOMY);
    for (size_t i = 0; i < 100; i++)
        append_pem(&pem, "CERTIFICATE", STR("x"));
    append_pem(&pem, "CERTIFICATE", root(0));
    assert_int_equal(load(buf_str(&pem), &lines, NULL), 1);
    assert_logged(&lines, "WARN Certificate 8 of");
    assert_not_logged(&lines, "WARN Certificate 9 of");
    assert_logged(&lines, "WARN 92 more certificates of the CA bundle are skipped\n");
}

/* Some 150 roots, as distributions collect them. */
static void reads_the_bundle_of_a_system(void **state)
{
    (void)state;
    struct buf pem BUF_AUTO = BUF(LIMIT_PEM_FILE);
    struct buf lines BUF_AUTO = BUF(ROOMY);
    struct error error = {0};
    if (!file_read("/etc/ssl/certs/ca-certificates.crt", "CA bundle", &pem, &error))
        skip();
    size_t blocks = 0;
    for (struct str rest = buf_str(&pem), line; str_next_line(&rest, &line);)
        blocks += str_starts_with(line, STR("-----BEGIN CERTIFICATE-----"));
    assert_int_equal(load(buf_str(&pem), &lines, NULL), blocks);
    assert_int_equal(lines.length, 0);
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
        cmocka_unit_test(finds_certificates_without_a_line_end_between_them),
        cmocka_unit_test(skips_what_cannot_be_used_and_says_which_one),
        cmocka_unit_test(refuses_a_certificate_that_is_cut),
        cmocka_unit_test(names_what_is_no_bundle),
        cmocka_unit_test(warns_a_few_times_only),
        cmocka_unit_test(reads_the_bundle_of_a_system),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

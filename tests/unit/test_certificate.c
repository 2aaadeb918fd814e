/* The facts of a certificate, and the check of certificate lists. */
#include "base/format.h"
#include "pki/certificate.h"

#include "base/limits.h"
#include "crypto/crypto.h"
#include "pki/pem.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- facts --- */

static void assert_names(const char *file, const char *name, const char *issuer)
{
    BUF_AUTO struct buf pem = data_file(file);
    struct certificate_facts facts;
    struct error error;
    if (!certificate_read(buf_str(&pem), &facts, &error))
        fail_msg("%s: %s", file, error.message);
    assert_string_equal(facts.name, name);
    assert_string_equal(facts.issuer, issuer);
    assert_int_equal(facts.not_before, 1709210096); /* 2024-02-29T12:34:56Z */
    assert_int_equal(facts.not_after, 4102444799);  /* 2099-12-31T23:59:59Z */
}

static void the_name_is_the_first_dns_name_else_the_common_name(void **state)
{
    (void)state;
    assert_names("certificates/p256.pem", "www.example.com", "common.example.com");
    assert_names("certificates/rsa4096.pem", "www.example.com", "common.example.com");
    assert_names("certificates/names-wildcard.pem", "*.example.com", "common.example.com");
    assert_names("certificates/names-common.pem", "common.example.com", "common.example.com");
    assert_names("certificates/names-none.pem", "", "Example Organisation");
}

static void names_are_printable(void **state)
{
    (void)state;
    assert_names("certificates/names-utf8.pem",
                 "B\xc3\xbc"
                 "cher.example",
                 "B\xc3\xbc"
                 "cher.example");
    assert_names("certificates/names-bmp.pem", "B?cher.example", "B?cher.example");
    assert_names("certificates/names-controls.pem", "evil?line", "evil?line");
}

static void the_first_certificate_is_read(void **state)
{
    (void)state;
    assert_names("certificates/chain.pem", "common.example.com", "Example Organisation");
}

static void text_without_a_certificate_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct str pem;
        const char *why;
    } texts[] = {
        {STR(""), "there is no CERTIFICATE block"},
        {STR("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), "is empty"},
        {STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
         "not a readable X.509 certificate"},
        {STR("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
         "not a readable X.509 certificate"},
        {STR("-----BEGIN CERTIFICATE-----\nMAA=\n"), "cut off"},
        {STR("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"),
         "there is no CERTIFICATE block"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct certificate_facts facts;
        struct error error = {0};
        assert_false(certificate_read(texts[i].pem, &facts, &error));
        assert_permanent(&error, texts[i].why);
        assert_false(certificate_matches_der(texts[i].pem, STR(""), NULL, &error));
        assert_permanent(&error, texts[i].why);
    }
}

/* Returns a PEM block in memory that ends where the text ends, so that a sanitizer detects reads
 * past it. */
static struct buf pem_block_of(const char *label, struct str der)
{
    BUF_AUTO struct buf pem = BUF(65536);
    struct buf copy = BUF(65536);
    assert_true(pem_encode(str_from(label), der, &pem));
    buf_append(&copy, buf_str(&pem));
    return copy;
}

static void a_damaged_certificate_never_does_harm(void **state)
{
    (void)state;
    BUF_AUTO struct buf der = data_der("certificates/p256.pem");
    BUF_AUTO struct buf key = data_file("keys/p256.pem");
    for (size_t i = 0; i < der.length; i++) {
        struct certificate_facts facts;
        struct error error = {0};
        BUF_AUTO struct buf cut = pem_block_of("CERTIFICATE", str_take(buf_str(&der), i + 1));
        assert_int_equal(certificate_read(buf_str(&cut), &facts, &error), i + 1 == der.length);
        for (unsigned bit = 0; bit < 8; bit++) {
            der.data[i] = (char)((uint8_t)der.data[i] ^ 1u << bit);
            BUF_AUTO struct buf changed = pem_block_of("CERTIFICATE", buf_str(&der));
            der.data[i] = (char)((uint8_t)der.data[i] ^ 1u << bit);
            error.kind = ERROR_PERMANENT;
            if (!certificate_read(buf_str(&changed), &facts, &error))
                assert_int_equal(error.kind, ERROR_PERMANENT);
            if (bit == i % 8 &&
                !certificate_matches_key(buf_str(&changed), buf_str(&key), NULL, &error))
                assert_int_equal(error.kind, ERROR_PERMANENT);
        }
    }
    buf_append_byte(&der, '\0');
    BUF_AUTO struct buf longer = pem_block_of("CERTIFICATE", buf_str(&der));
    struct certificate_facts facts;
    struct error error = {0};
    assert_false(certificate_read(buf_str(&longer), &facts, &error));
    assert_permanent(&error, "extra data after the X.509 certificate");
}

/* --- lists --- */

static bool is_sound(struct str pem, size_t fewest, struct error *error)
{
    return certificate_list_is_sound(pem, "the chain", fewest, error);
}

static void a_list_of_certificates_is_sound(void **state)
{
    (void)state;
    BUF_AUTO struct buf chain = data_file("certificates/chain.pem");
    BUF_AUTO struct buf spaced = BUF(65536);
    struct error error;
    assert_true(is_sound(buf_str(&chain), 2, &error));
    buf_format(&spaced, "\r\n \n%.*s\n\n", (int)chain.length, chain.data);
    assert_true(is_sound(buf_str(&spaced), 1, &error));
    assert_true(is_sound(STR(""), 0, &error));
    assert_true(is_sound(STR(" \n"), 0, &error));
}

static void a_list_has_bounds(void **state)
{
    (void)state;
    BUF_AUTO struct buf one = data_file("certificates/p256.pem");
    BUF_AUTO struct buf many = BUF(65536);
    struct error error = {0};
    assert_false(is_sound(STR(""), 1, &error));
    assert_permanent(&error, "the chain contains too few certificates: 0 instead of at least 1");
    assert_false(is_sound(buf_str(&one), 2, &error));
    assert_permanent(&error, "the chain contains too few certificates: 1 instead of at least 2");
    for (int i = 0; i < LIMIT_CHAIN_CERTIFICATES; i++)
        buf_append(&many, buf_str(&one));
    assert_true(is_sound(buf_str(&many), 1, &error));
    buf_append(&many, buf_str(&one));
    assert_false(is_sound(buf_str(&many), 1, &error));
    assert_permanent(&error, "the chain contains more than 32 certificates");
}

static void a_list_holds_nothing_else(void **state)
{
    (void)state;
    BUF_AUTO struct buf chain = data_file("certificates/chain.pem");
    static const char *const others[] = {
        "x", "# comment\n", "\xef\xbb\xbf",
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        BUF_AUTO struct buf before = BUF(65536);
        BUF_AUTO struct buf after = BUF(65536);
        struct error error = {0};
        buf_format(&before, "%s\n%.*s", others[i], (int)chain.length, chain.data);
        assert_false(is_sound(buf_str(&before), 0, &error));
        assert_permanent(&error, "the chain contains something other than certificates");
        buf_format(&after, "%.*s%s", (int)chain.length, chain.data, others[i]);
        assert_false(is_sound(buf_str(&after), 0, &error));
        assert_permanent(&error, "the chain contains something other than certificates");
    }
}

static void a_damaged_list_is_named(void **state)
{
    (void)state;
    BUF_AUTO struct buf chain = data_file("certificates/chain.pem");
    struct error error = {0};
    assert_false(is_sound(str_take(buf_str(&chain), chain.length - 10), 1, &error));
    assert_permanent(&error, "the chain cannot be used");
    buf_append_text(&chain, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    assert_false(is_sound(buf_str(&chain), 1, &error));
    assert_permanent(&error,
                     "certificate 3 of the chain cannot be used: it is not a readable X.509");
}

static int start_crypto(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_is_the_first_dns_name_else_the_common_name),
        cmocka_unit_test(names_are_printable),
        cmocka_unit_test(the_first_certificate_is_read),
        cmocka_unit_test(text_without_a_certificate_is_refused),
        cmocka_unit_test(a_damaged_certificate_never_does_harm),
        cmocka_unit_test(a_list_of_certificates_is_sound),
        cmocka_unit_test(a_list_has_bounds),
        cmocka_unit_test(a_list_holds_nothing_else),
        cmocka_unit_test(a_damaged_list_is_named),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

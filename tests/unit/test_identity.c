/* A certificate with its key. tests/e2e verifies the signatures with another implementation. */
#include "pki/identity.h"

#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "pki/private_key.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* tests/data/generate: valid from 2024-02-29T12:34:56Z to 2099-12-31T23:59:59Z. */
enum { DURING = 1750000000 };
static const int64_t first = 1709210096;
static const int64_t last = 4102444799;

static int start_crypto(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

static void read_key(const char *file, struct identity *identity)
{
    BUF_AUTO struct buf pem = data_file(file);
    struct error error = {0};
    identity->key = BUF_SECRET(LIMIT_KEY_PEM);
    if (!private_key_read(buf_str(&pem), "/key", STR(""), &identity->key, &error))
        fail_msg("%s", error.message);
}

static void assert_refused(const char *key, struct str certificates, int64_t now,
                           enum error_kind kind, const char *why)
{
    IDENTITY_AUTO struct identity identity = {0};
    struct error error = {0};
    read_key(key, &identity);
    assert_false(identity_read(certificates, "/certificate", now, &identity, &error));
    assert_int_equal(error.kind, kind);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
    assert_true(error.advice[0] != '\0');
}

static void a_leaf_and_its_chain_are_read(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("certificates/p256.pem");
    BUF_AUTO struct buf chain = data_file("certificates/chain.pem");
    BUF_AUTO struct buf leaf = data_der("certificates/p256.pem");
    BUF_AUTO struct buf expected = BUF(64 * 1024);
    IDENTITY_AUTO struct identity identity = {0};
    struct error error = {0};
    base64_encode(buf_str(&leaf), &expected);
    buf_append(&pem, STR("some text\r\n"));
    buf_append(&pem, buf_str(&chain));
    read_key("keys/p256.pem", &identity);
    if (!identity_read(buf_str(&pem), "/certificate", DURING, &identity, &error))
        fail_msg("%s", error.message);
    assert_same_text(buf_str(&identity.leaf), buf_str(&expected));
    assert_int_equal(str_index_of(buf_str(&identity.chain), ','),
                     str_search(buf_str(&identity.chain), STR(",MII")));
    assert_true(str_holds(buf_str(&identity.chain), ','));
    assert_false(identity.is_rsa);
    assert_int_equal(identity.facts.not_after, last);
    assert_true(str_consists_of(str_from(identity.serial), STR("")));
}

static void a_certificate_alone_has_no_chain(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("certificates/rsa2048.pem");
    IDENTITY_AUTO struct identity identity = {0};
    struct error error = {0};
    read_key("keys/rsa2048-pkcs1.pem", &identity);
    assert_true(identity_read(buf_str(&pem), "/certificate", DURING, &identity, &error));
    assert_int_equal(identity.chain.length, 0);
    assert_true(identity.is_rsa);
}

static void a_certificate_is_used_while_it_is_valid(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("certificates/p256.pem");
    IDENTITY_AUTO struct identity identity = {0};
    struct error error = {0};
    read_key("keys/p256.pem", &identity);
    assert_true(identity_read(buf_str(&pem), "/certificate", first, &identity, &error));
    buf_free(&identity.leaf);
    assert_true(identity_read(buf_str(&pem), "/certificate", last, &identity, &error));
    assert_refused(
        "keys/p256.pem", buf_str(&pem), first - 1, ERROR_TRANSIENT,
        "certificate 1 of /certificate: www.example.com is not valid "
        "before 2024-02-29T12:34:56Z, and this machine's clock says 2024-02-29T12:34:55Z");
    assert_refused("keys/p256.pem", buf_str(&pem), last + 1, ERROR_CONFIGURATION,
                   "www.example.com expired at 2099-12-31T23:59:59Z");
}

static void the_key_belongs_to_the_first_certificate(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("certificates/p256-other.pem");
    BUF_AUTO struct buf right = data_file("certificates/p256.pem");
    buf_append(&pem, buf_str(&right));
    assert_refused("keys/p256.pem", buf_str(&pem), DURING, ERROR_CONFIGURATION,
                   "certificate 1 of /certificate: the private key does not belong");
    assert_refused("keys/rsa2048.pem", buf_str(&right), DURING, ERROR_CONFIGURATION,
                   "the private key does not belong");
}

static void a_damaged_certificate_of_the_chain_is_named(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("certificates/p256.pem");
    buf_append(&pem, STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    assert_refused("keys/p256.pem", buf_str(&pem), DURING, ERROR_CONFIGURATION,
                   "certificate 2 of /certificate: the certificate cannot be used");
    assert_refused("keys/p256.pem", STR("no certificate"), DURING, ERROR_CONFIGURATION,
                   "there is no CERTIFICATE block");
}

static void signatures_have_the_form_of_the_key(void **state)
{
    (void)state;
    static const char *const keys[] = {"keys/rsa2048.pem", "keys/p256.pem"};
    for (size_t i = 0; i < 2; i++) {
        IDENTITY_AUTO struct identity identity = {0};
        BUF_AUTO struct buf one = BUF(4096);
        BUF_AUTO struct buf two = BUF(4096);
        read_key(keys[i], &identity);
        assert_true(identity_sign(&identity, STR("message"), &one));
        assert_true(identity_sign(&identity, STR("message"), &two));
        if (i == 0) {
            assert_same_text(buf_str(&one), buf_str(&two)); /* PKCS#1 v1.5 */
            assert_int_equal(one.length, 512);
        } else {
            assert_true(
                str_starts_with(buf_str(&one), STR("30"))); /* DER; a library may sign anew */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_and_its_chain_are_read),
        cmocka_unit_test(a_certificate_alone_has_no_chain),
        cmocka_unit_test(a_certificate_is_used_while_it_is_valid),
        cmocka_unit_test(the_key_belongs_to_the_first_certificate),
        cmocka_unit_test(a_damaged_certificate_of_the_chain_is_named),
        cmocka_unit_test(signatures_have_the_form_of_the_key),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

/* Private keys in the forms in which programs write them. */
#include "pki/private_key.h"

#include "base/limits.h"
#include "crypto/crypto.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int start_crypto(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

static const struct str no_passphrase;

/* Fails the test unless the file has the same key as keys/`expected`.pem. */
static void assert_key(const char *file, struct str passphrase, const char *expected)
{
    BUF_AUTO struct buf pem = data_file(file);
    BUF_AUTO struct buf der = data_der(expected);
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error = {0};
    if (!private_key_read(buf_str(&pem), "/key", passphrase, &key, &error))
        fail_msg("%s: %s", file, error.message);
    assert_true(str_equal(buf_str(&key), buf_str(&der)));
}

static void assert_refused(struct str pem, struct str passphrase, const char *why,
                           const char *advice)
{
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error = {0};
    assert_false(private_key_read(pem, "/key", passphrase, &key, &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    if (strstr(error.message, why) == NULL || strstr(error.message, "/key") == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
    if (strstr(error.advice, advice) == NULL)
        fail_msg("\"%s\" does not advise \"%s\"", error.advice, advice);
}

static void assert_file_refused(const char *file, struct str passphrase, const char *why,
                                const char *advice)
{
    BUF_AUTO struct buf pem = data_file(file);
    assert_refused(buf_str(&pem), passphrase, why, advice);
}

static void every_form_gives_the_same_key(void **state)
{
    (void)state;
    assert_key("keys/rsa2048.pem", no_passphrase, "keys/rsa2048.pem");
    assert_key("keys/p256.pem", no_passphrase, "keys/p256.pem");
    assert_key("keys/rsa2048-pkcs1.pem", no_passphrase, "keys/rsa2048.pem");
    /* A key in SEC 1 has the name of its curve, which PKCS#8 has in another place. */
    BUF_AUTO struct buf pem = data_file("keys/p256-sec1.pem");
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error = {0};
    assert_true(private_key_read(buf_str(&pem), "/key", no_passphrase, &key, &error));
    BUF_AUTO struct buf same = data_der("keys/p256.pem");
    struct str private_number = str_take(str_skip(buf_str(&same), 36), 32);
    assert_true(str_search(buf_str(&key), private_number) < key.length);
}

static void a_passphrase_opens_a_key(void **state)
{
    (void)state;
    BUF_AUTO struct buf passphrase = data_file("encrypted/passphrase");
    assert_key("encrypted/sha256-aes256.pem", buf_str(&passphrase), "keys/p256.pem");
    /* One that nobody needs does not matter. */
    assert_key("keys/p256.pem", buf_str(&passphrase), "keys/p256.pem");
}

static void what_surrounds_a_key_is_skipped(void **state)
{
    (void)state;
    BUF_AUTO struct buf key = data_file("keys/p256.pem");
    BUF_AUTO struct buf certificate = data_file("certificates/p256.pem");
    BUF_AUTO struct buf pem = BUF(64 * 1024);
    BUF_AUTO struct buf der = data_der("keys/p256.pem");
    BUF_AUTO struct buf read = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error = {0};
    buf_append(&pem, STR("Bag Attributes\r\n    friendlyName: box\r\n"));
    buf_append(&pem, buf_str(&certificate));
    buf_append(&pem, buf_str(&key));
    buf_append(&pem, STR("issuer=CN = x\n"));
    assert_true(private_key_read(buf_str(&pem), "/key", no_passphrase, &read, &error));
    assert_true(str_equal(buf_str(&read), buf_str(&der)));
}

static void an_encrypted_key_needs_its_passphrase(void **state)
{
    (void)state;
    assert_file_refused("encrypted/few-iterations.pem", no_passphrase, "is encrypted",
                        "private_key_passphrase_file");
    assert_file_refused("encrypted/few-iterations.pem", STR("wrong"), "passphrase is wrong",
                        "check private_key_passphrase_file");
}

static void other_ways_of_encryption_are_named_with_a_command(void **state)
{
    (void)state;
    BUF_AUTO struct buf passphrase = data_file("encrypted/passphrase");
    struct str right = buf_str(&passphrase);
    const char *command = "openssl pkcs8 -topk8 -v2 aes-256-cbc -in /key";
    assert_file_refused("encrypted/refused-traditional.pem", right, "Proc-Type: 4,ENCRYPTED",
                        command);
    assert_file_refused("encrypted/refused-pbes1.pem", right, "is not supported: scheme", command);
    assert_file_refused("encrypted/refused-scrypt.pem", right, "is not supported: key derivation",
                        command);
    assert_file_refused("encrypted/refused-des3.pem", right, "is not supported: cipher", command);
}

static void other_kinds_are_named(void **state)
{
    (void)state;
    assert_file_refused("keys/ed25519.pem", no_passphrase, "is neither RSA nor EC", "P-256");
    assert_refused(STR("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"
                       "-----END OPENSSH PRIVATE KEY-----\n"),
                   no_passphrase, "in a form that cannot be read", "openssl");
    assert_refused(STR("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"),
                   no_passphrase, "does not name its curve, or is damaged", "openssl");
    assert_refused(STR("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
                   no_passphrase, "is damaged", "openssl");
}

static void a_file_without_a_key_is_refused(void **state)
{
    (void)state;
    assert_refused(STR(""), no_passphrase, "there is no PRIVATE KEY block", "put the key there");
    assert_refused(STR("\0\0\0"), no_passphrase, "there is no PRIVATE KEY block", "as PEM");
    assert_file_refused("certificates/p256.pem", no_passphrase, "there is no PRIVATE KEY block",
                        "as PEM");
    assert_refused(STR("-----BEGIN PRIVATE KEY-----\nAAAA\n"), no_passphrase, "is cut off",
                   "as PEM");
    assert_refused(STR("-----BEGIN PRIVATE KEY-----\nAAA\n-----END PRIVATE KEY-----\n"),
                   no_passphrase, "is not valid Base64", "as PEM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_gives_the_same_key),
        cmocka_unit_test(a_passphrase_opens_a_key),
        cmocka_unit_test(what_surrounds_a_key_is_skipped),
        cmocka_unit_test(an_encrypted_key_needs_its_passphrase),
        cmocka_unit_test(other_ways_of_encryption_are_named_with_a_command),
        cmocka_unit_test(other_kinds_are_named),
        cmocka_unit_test(a_file_without_a_key_is_refused),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

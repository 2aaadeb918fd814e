/* The proof that a private key is sound and belongs to a certificate. */
#include "base/format.h"
#include "crypto/crypto.h"
#include "pki/certificate.h"
#include "pki/pem.h"
#include "pki/pkcs8.h"
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

static bool matches(const char *certificate, const char *key, struct error *error)
{
    BUF_AUTO struct buf certificate_file = BUF(64);
    BUF_AUTO struct buf key_file = BUF(64);
    buf_format(&certificate_file, "certificates/%s.pem", certificate);
    buf_format(&key_file, "keys/%s.pem", key);
    BUF_AUTO struct buf certificate_pem = data_file(buf_text(&certificate_file));
    BUF_AUTO struct buf key_pem = data_file(buf_text(&key_file));
    return certificate_matches_key(buf_str(&certificate_pem), buf_str(&key_pem), NULL, error);
}

static void assert_match(const char *certificate, const char *key)
{
    struct error error;
    if (!matches(certificate, key, &error))
        fail_msg("%s: %s", key, error.message);
}

static void assert_mismatch(const char *certificate, const char *key, const char *why)
{
    struct error error = {0};
    assert_false(matches(certificate, key, &error));
    assert_permanent(&error, why);
}

/* As assert_mismatch, with either message: some builds of the library do not support the size or
 * the curve. */
static void assert_mismatch_either(const char *certificate, const char *key, const char *known,
                                   const char *unknown)
{
    struct error error = {0};
    assert_false(matches(certificate, key, &error));
    assert_permanent(&error, strstr(error.message, unknown) != NULL ? unknown : known);
}

static void every_kind_that_acm_issues_matches(void **state)
{
    (void)state;
    static const char *const kinds[] = {"rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        assert_match(kinds[i], kinds[i]);
    assert_match("rsa2048-other", "rsa2048-other");
    assert_match("p256", "p256-no-public");
}

static void another_key_does_not_belong(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"rsa2048", "rsa2048-other"},
        {"rsa2048-other", "rsa2048"},
        {"rsa2048", "rsa3072"},
        {"p256", "p256-other"},
        {"p256-other", "p256"},
        {"p256", "p384"},
        {"p521", "p384"},
        {"rsa2048", "p256"},
        {"p256", "rsa2048"},
        {"p256-other", "p256-no-public"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_mismatch(pairs[i][0], pairs[i][1], "does not belong to the certificate");
}

static void other_sizes_and_curves_are_refused(void **state)
{
    (void)state;
    assert_mismatch("rsa1024", "rsa1024", "an RSA key of 1024 bits; 2048 to 4096 are allowed");
    assert_mismatch_either("rsa4104", "rsa4104",
                           "an RSA key of 4104 bits; 2048 to 4096 are allowed",
                           "it is not a readable X.509 certificate");
    assert_mismatch_either("p256", "secp256k1",
                           "its numbers are invalid or its curve is not supported",
                           "does not belong to the certificate");
    assert_mismatch("p256", "ed25519", "it is not a PKCS#8 key for RSA or an elliptic curve");
}

static void the_key_is_one_unencrypted_block(void **state)
{
    (void)state;
    BUF_AUTO struct buf certificate = data_file("certificates/p256.pem");
    BUF_AUTO struct buf key = data_file("keys/p256.pem");
    BUF_AUTO struct buf encrypted = data_file("encrypted/sha256-aes256.pem");
    struct error error = {0};
    assert_false(certificate_matches_key(buf_str(&certificate), buf_str(&encrypted), NULL, &error));
    assert_permanent(&error, "the private key cannot be used: the PEM block is labelled ENCRYPTED");
    assert_false(certificate_matches_key(buf_str(&certificate), STR(""), NULL, &error));
    assert_permanent(&error, "the private key cannot be used: there is no PRIVATE KEY block");
    buf_append(&key, buf_str(&encrypted));
    assert_false(certificate_matches_key(buf_str(&certificate), buf_str(&key), NULL, &error));
    assert_permanent(&error, "followed by another block");
}

static void the_leaf_comes_first(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("certificates/p256.pem");
    BUF_AUTO struct buf chain = data_file("certificates/chain.pem");
    BUF_AUTO struct buf key = data_file("keys/p256.pem");
    struct certificate_facts facts;
    struct certificate_facts same;
    struct error error = {0};
    buf_append(&pem, buf_str(&chain));
    assert_true(certificate_matches_key(buf_str(&pem), buf_str(&key), &facts, &error));
    assert_true(certificate_read(buf_str(&pem), &same, &error));
    assert_memory_equal(&facts, &same, sizeof facts);
    buf_append(&chain, buf_str(&pem));
    assert_false(certificate_matches_key(buf_str(&chain), buf_str(&key), NULL, &error));
    assert_permanent(&error, "does not belong");
}

/* Uses a PEM block in memory that ends where the text ends, so that a sanitizer detects reads past
 * it. */
static bool der_matches(struct str certificate_pem, struct str key_der, struct error *error)
{
    BUF_AUTO struct buf pem = BUF(65536);
    BUF_AUTO struct buf copy = BUF(65536);
    assert_true(pem_encode(STR("PRIVATE KEY"), key_der, &pem));
    buf_append(&copy, buf_str(&pem));
    *error = (struct error){0};
    bool matched = certificate_matches_key(certificate_pem, buf_str(&copy), NULL, error);
    assert_int_equal(error->kind, matched ? ERROR_NONE : ERROR_PERMANENT);
    return matched;
}

/* Changes each byte of a private key: every change is detected, since the structure is strict and
 * the numbers depend on each other. Returns how many changes made numbers that do not match. */
static unsigned assert_every_change_is_detected(const char *certificate, const char *key)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    BUF_AUTO struct buf certificate_pem = data_file(certificate);
    BUF_AUTO struct buf der = data_der(key);
    struct str text = buf_str(&certificate_pem);
    struct error error;
    unsigned mismatches = 0;
    assert_true(der_matches(text, buf_str(&der), &error));
    for (size_t i = 0; i < der.length; i++) {
        uint8_t change = changes[i % sizeof changes];
        der.data[i] = (char)((uint8_t)der.data[i] ^ change);
        if (der_matches(text, buf_str(&der), &error))
            fail_msg("%s: byte %zu changed by %02x was not detected", key, i, change);
        der.data[i] = (char)((uint8_t)der.data[i] ^ change);
        mismatches += strstr(error.message, "do not match its public key") != NULL;
        if (i > 0)
            assert_false(der_matches(text, str_take(buf_str(&der), i), &error));
    }
    buf_append_byte(&der, '\0');
    assert_false(der_matches(text, buf_str(&der), &error));
    return mismatches;
}

static void every_change_of_an_rsa_key_is_detected(void **state)
{
    (void)state;
    /* Bytes of d and of five numbers of half its length, the rest being n, e and the structure. */
    unsigned mismatches =
        assert_every_change_is_detected("certificates/rsa2048.pem", "keys/rsa2048.pem");
    assert_in_range(mismatches, 256 + 5 * 128 - 20, 256 + 5 * 128);
}

static void every_change_of_an_ec_key_is_detected(void **state)
{
    (void)state;
    unsigned mismatches = assert_every_change_is_detected("certificates/p256.pem", "keys/p256.pem");
    assert_in_range(mismatches, 30, 32); /* d */
    assert_every_change_is_detected("certificates/p521.pem", "keys/p521.pem");
    assert_every_change_is_detected("certificates/p256.pem", "keys/p256-no-public.pem");
}

/* AES-CBC does not detect changes of the encrypted key; the comparison with the certificate does.
 */
static void every_change_of_an_encrypted_key_is_detected(void **state)
{
    (void)state;
    BUF_AUTO struct buf passphrase = data_file("encrypted/passphrase");
    BUF_AUTO struct buf certificate = data_file("certificates/p256.pem");
    BUF_AUTO struct buf encrypted = data_der("encrypted/few-iterations.pem");
    unsigned opened = 0;
    for (size_t bit = 0; bit < encrypted.length * 8; bit++) {
        BUF_AUTO struct buf key = BUF_SECRET(1024);
        struct error error;
        encrypted.data[bit / 8] = (char)((uint8_t)encrypted.data[bit / 8] ^ 1u << bit % 8);
        if (pkcs8_decrypt(buf_str(&encrypted), buf_str(&passphrase), &key, &error)) {
            opened++;
            assert_false(der_matches(buf_str(&certificate), buf_str(&key), &error));
        }
        encrypted.data[bit / 8] = (char)((uint8_t)encrypted.data[bit / 8] ^ 1u << bit % 8);
    }
    assert_true(opened > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_that_acm_issues_matches),
        cmocka_unit_test(another_key_does_not_belong),
        cmocka_unit_test(other_sizes_and_curves_are_refused),
        cmocka_unit_test(the_key_is_one_unencrypted_block),
        cmocka_unit_test(the_leaf_comes_first),
        cmocka_unit_test(every_change_of_an_rsa_key_is_detected),
        cmocka_unit_test(every_change_of_an_ec_key_is_detected),
        cmocka_unit_test(every_change_of_an_encrypted_key_is_detected),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

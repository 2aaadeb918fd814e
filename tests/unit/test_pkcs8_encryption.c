/* The parameters of an encrypted private key at their limits, in DER that the tests build. */
#include "pki/pkcs8.h"

#include "base/limits.h"
#include "crypto/asn1.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void element(struct buf *out, enum asn1_tag tag, struct str contents)
{
    buf_append_byte(out, (char)tag);
    if (contents.length >= 0x80)
        buf_append_byte(out, (char)0x81);
    buf_append_byte(out, (char)contents.length);
    buf_append(out, contents);
}

/* Appends a SEQUENCE with these contents, and frees them. */
static void sequence(struct buf *out, struct buf *contents)
{
    assert_true(contents->length < 0x100);
    element(out, ASN1_SEQUENCE, buf_str(contents));
    buf_free(contents);
}

static const struct str pbes2 = STR("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d");
static const struct str pbkdf2_oid = STR("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c");
static const struct str hmac_sha256_oid = STR("\x2a\x86\x48\x86\xf7\x0d\x02\x09");
static const struct str aes256_cbc = STR("\x60\x86\x48\x01\x65\x03\x04\x01\x2a");
static const char filler[256] = {0};

/* The parts that a test changes. Numbers are sizes in bytes; strings are contents in DER. */
struct recipe {
    size_t salt;
    struct str iterations;
    struct str key_length; /* absent when empty */
    struct str prf;        /* absent when empty */
    struct str prf_parameters;
    size_t iv;
    size_t encrypted;
};

#define USUAL                                                                                      \
    ((struct recipe){.salt = 20, .iterations = STR("\x08\x00"), .iv = 16, .encrypted = 32})

static void add_derivation(struct buf *out, const struct recipe *recipe)
{
    struct buf derivation = BUF(256);
    struct buf parameters = BUF(256);
    element(&derivation, ASN1_OID, pbkdf2_oid);
    element(&parameters, ASN1_OCTET_STRING, str_bytes(filler, recipe->salt));
    element(&parameters, ASN1_INTEGER, recipe->iterations);
    if (recipe->key_length.length > 0)
        element(&parameters, ASN1_INTEGER, recipe->key_length);
    if (recipe->prf.length > 0) {
        struct buf prf = BUF(256);
        element(&prf, ASN1_OID, recipe->prf);
        buf_append(&prf, recipe->prf_parameters);
        sequence(&parameters, &prf);
    }
    sequence(&derivation, &parameters);
    sequence(out, &derivation);
}

static struct buf made(struct recipe recipe)
{
    struct buf der = BUF(512);
    struct buf info = BUF(256);
    struct buf algorithm = BUF(256);
    struct buf scheme = BUF(256);
    struct buf cipher = BUF(256);
    add_derivation(&scheme, &recipe);
    element(&cipher, ASN1_OID, aes256_cbc);
    element(&cipher, ASN1_OCTET_STRING, str_bytes(filler, recipe.iv));
    sequence(&scheme, &cipher);
    element(&algorithm, ASN1_OID, pbes2);
    sequence(&algorithm, &scheme);
    sequence(&info, &algorithm);
    element(&info, ASN1_OCTET_STRING, str_bytes(filler, recipe.encrypted));
    sequence(&der, &info);
    return der;
}

static void assert_read(struct recipe recipe, struct pkcs8_encryption *encryption)
{
    BUF_AUTO struct buf der = made(recipe);
    struct error error;
    if (!pkcs8_read_encryption(buf_str(&der), encryption, &error))
        fail_msg("%s", error.message);
}

static void assert_not_read(struct recipe recipe, const char *why)
{
    BUF_AUTO struct buf der = made(recipe);
    struct pkcs8_encryption encryption;
    struct error error = {0};
    assert_false(pkcs8_read_encryption(buf_str(&der), &encryption, &error));
    assert_permanent(&error, why);
}

static struct recipe with_iterations(struct str iterations)
{
    struct recipe recipe = USUAL;
    recipe.iterations = iterations;
    return recipe;
}

static void iterations_are_bounded(void **state)
{
    (void)state;
    struct pkcs8_encryption encryption;
    assert_int_equal(LIMIT_PBKDF2_ITERATIONS, 0x989680);
    assert_read(with_iterations(STR("\x01")), &encryption);
    assert_int_equal(encryption.iterations, 1);
    assert_read(with_iterations(STR("\x00\x98\x96\x80")), &encryption);
    assert_int_equal(encryption.iterations, LIMIT_PBKDF2_ITERATIONS);
    static const struct str too_many[] = {
        STR("\x00\x98\x96\x81"),
        STR("\x7f\xff\xff\xff"),
        STR("\x00\xff\xff\xff\xff"),
        STR("\x01\x00\x00\x00\x01"),
        STR("\x7f\xff\xff\xff\xff\xff\xff\xff"),
        STR("\x01\x00\x00\x00\x00\x00\x00\x00\x01"),
        STR("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"),
    };
    for (size_t i = 0; i < sizeof too_many / sizeof too_many[0]; i++)
        assert_not_read(with_iterations(too_many[i]), "more than 10000000 iterations");
}

static void an_invalid_iteration_count_is_refused(void **state)
{
    (void)state;
    static const struct str counts[] = {STR(""),         STR("\x00"),     STR("\x80"),
                                        STR("\xff\xff"), STR("\x00\x01"), STR("\x00\x00\x80")};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        assert_not_read(with_iterations(counts[i]), "iteration count cannot be read");
}

static void the_salt_is_bounded(void **state)
{
    (void)state;
    struct pkcs8_encryption encryption;
    struct recipe recipe = USUAL;
    recipe.salt = 0;
    assert_read(recipe, &encryption);
    recipe.salt = 64;
    assert_read(recipe, &encryption);
    assert_int_equal(encryption.salt.length, 64);
    recipe.salt = 65;
    assert_not_read(recipe, "salt");
}

static void a_key_length_must_be_the_ciphers(void **state)
{
    (void)state;
    struct pkcs8_encryption encryption;
    struct recipe recipe = USUAL;
    recipe.key_length = STR("\x20");
    assert_read(recipe, &encryption);
    recipe.key_length = STR("\x10");
    assert_not_read(recipe, "key length");
    recipe.key_length = STR("\x00\x20");
    assert_not_read(recipe, "key length");
}

static void a_pseudo_random_function_has_no_parameters_or_null(void **state)
{
    (void)state;
    struct pkcs8_encryption encryption;
    struct recipe recipe = USUAL;
    recipe.prf = hmac_sha256_oid;
    assert_read(recipe, &encryption);
    assert_int_equal(encryption.prf, HASH_SHA256);
    recipe.prf_parameters = STR("\x05\x00");
    assert_read(recipe, &encryption);
    recipe.prf_parameters = STR("\x05\x01\x00");
    assert_not_read(recipe, "pseudo-random function");
    recipe.prf_parameters = STR("\x05\x00\x05\x00");
    assert_not_read(recipe, "pseudo-random function");
}

static void the_ciphers_parts_have_its_block_size(void **state)
{
    (void)state;
    struct recipe recipe = USUAL;
    recipe.iv = 15;
    assert_not_read(recipe, "initialisation vector");
    recipe.iv = 17;
    assert_not_read(recipe, "initialisation vector");
    recipe = USUAL;
    recipe.encrypted = 0;
    assert_not_read(recipe, "encrypted part");
    recipe.encrypted = 31;
    assert_not_read(recipe, "encrypted part");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iterations_are_bounded),
        cmocka_unit_test(an_invalid_iteration_count_is_refused),
        cmocka_unit_test(the_salt_is_bounded),
        cmocka_unit_test(a_key_length_must_be_the_ciphers),
        cmocka_unit_test(a_pseudo_random_function_has_no_parameters_or_null),
        cmocka_unit_test(the_ciphers_parts_have_its_block_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

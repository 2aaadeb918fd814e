/* Encrypted private keys: those that OpenSSL made are decrypted; others are refused with a reason.
 */
#include "base/format.h"
#include "pki/pkcs8.h"

#include "base/limits.h"
#include "crypto/crypto.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool open_file(const char *name, struct str passphrase, struct buf *key_pem,
                      struct error *error)
{
    BUF_AUTO struct buf pem = data_file(name);
    return pkcs8_decrypt_pem(buf_str(&pem), passphrase, key_pem, error);
}

static void assert_opens(const char *name, const char *key_name)
{
    BUF_AUTO struct buf passphrase = data_file("encrypted/passphrase");
    BUF_AUTO struct buf expected = data_file(key_name);
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error;
    if (!open_file(name, buf_str(&passphrase), &key, &error))
        fail_msg("%s: %s", name, error.message);
    assert_same_text(buf_str(&key), buf_str(&expected));
}

static void assert_refused(const char *name, const char *why)
{
    BUF_AUTO struct buf passphrase = data_file("encrypted/passphrase");
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error;
    assert_false(open_file(name, buf_str(&passphrase), &key, &error));
    assert_permanent(&error, why);
    assert_int_equal(key.length, 0);
}

/* --- supported encryptions --- */

static void every_pseudo_random_function_and_key_size_is_opened(void **state)
{
    (void)state;
    static const char *const names[] = {
        "sha1-aes128",   "sha1-aes192",   "sha1-aes256",   "sha224-aes128", "sha224-aes192",
        "sha224-aes256", "sha256-aes128", "sha256-aes192", "sha256-aes256", "sha384-aes128",
        "sha384-aes192", "sha384-aes256", "sha512-aes128", "sha512-aes192", "sha512-aes256",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        BUF_AUTO struct buf name = BUF(64);
        buf_format(&name, "encrypted/%s.pem", names[i]);
        assert_opens(buf_text(&name), "keys/p256.pem");
    }
}

static void a_key_as_acm_writes_it_is_opened(void **state)
{
    (void)state;
    assert_opens("encrypted/aws.pem", "keys/rsa2048.pem");
    assert_opens("encrypted/keylength.pem", "keys/rsa2048.pem");
}

static void the_encryption_of_acm_is_read_as_documented(void **state)
{
    (void)state;
    BUF_AUTO struct buf der = data_der("encrypted/aws.pem");
    struct pkcs8_encryption encryption;
    struct error error;
    assert_true(pkcs8_read_encryption(buf_str(&der), &encryption, &error));
    assert_int_equal(encryption.prf, HASH_SHA1);
    assert_int_equal(encryption.salt.length, 20);
    assert_int_equal(encryption.iterations, 2048);
    assert_int_equal(encryption.key_size, 32);
    assert_int_equal(encryption.iv.length, AES_BLOCK_SIZE);
}

/* --- wrong passphrases --- */

static void a_wrong_passphrase_is_refused_and_not_shown(void **state)
{
    (void)state;
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error;
    assert_false(open_file("encrypted/aws.pem", STR("guessed"), &key, &error));
    assert_permanent(&error, "the passphrase is wrong, or the private key is damaged");
    assert_null(strstr(error.message, "guessed"));
    assert_null(strstr(error.advice, "guessed"));
    assert_false(open_file("encrypted/aws.pem", STR(""), &key, &error));
    assert_permanent(&error, "the passphrase is wrong");
    assert_int_equal(key.length, 0);
}

/* Returns true when a wrong passphrase gives correct padding by chance: one in 256 does. */
static bool gives_correct_padding(const struct pkcs8_encryption *encryption, struct str passphrase)
{
    uint8_t key[32];
    BUF_AUTO struct buf plain = BUF_SECRET(encryption->encrypted.length);
    pbkdf2(encryption->prf, passphrase, encryption->salt, encryption->iterations, key,
           encryption->key_size);
    return aes_cbc_decrypt(str_bytes(key, encryption->key_size),
                           (const uint8_t *)encryption->iv.data, encryption->encrypted, &plain);
}

static void a_wrong_passphrase_with_correct_padding_is_refused(void **state)
{
    (void)state;
    BUF_AUTO struct buf der = data_der("encrypted/few-iterations.pem");
    struct pkcs8_encryption encryption;
    struct error error;
    assert_true(pkcs8_read_encryption(buf_str(&der), &encryption, &error));
    unsigned found = 0;
    for (unsigned number = 0; number < 20000 && found < 8; number++) {
        BUF_AUTO struct buf passphrase = BUF(32);
        BUF_AUTO struct buf key = BUF_SECRET(1024);
        buf_format(&passphrase, "wrong %u", number);
        if (!gives_correct_padding(&encryption, buf_str(&passphrase)))
            continue;
        found++;
        assert_false(pkcs8_decrypt(buf_str(&der), buf_str(&passphrase), &key, &error));
        assert_permanent(&error, "the passphrase is wrong");
    }
    assert_int_equal(found, 8);
}

/* --- unsupported encryptions --- */

static void other_encryptions_are_named(void **state)
{
    (void)state;
    assert_refused("encrypted/refused-pbes1.pem", "scheme 1.2.840.113549.1.12.1.3");
    assert_refused("encrypted/refused-scrypt.pem", "key derivation 1.3.6.1.4.1.11591.4.11");
    assert_refused("encrypted/refused-des3.pem", "cipher 1.2.840.113549.3.7");
    assert_refused("encrypted/refused-prf.pem", "pseudo-random function 1.2.840.113549.2.13");
}

static void only_one_encrypted_key_is_accepted(void **state)
{
    (void)state;
    BUF_AUTO struct buf pem = data_file("encrypted/aws.pem");
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct error error;
    buf_append_text(&pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    assert_false(pkcs8_decrypt_pem(buf_str(&pem), STR("x"), &key, &error));
    assert_permanent(&error, "followed by another block");
    assert_refused("keys/p256.pem",
                   "the PEM block is labelled PRIVATE KEY, not ENCRYPTED PRIVATE KEY");
    assert_false(pkcs8_decrypt_pem(STR("nothing"), STR("x"), &key, &error));
    assert_permanent(&error, "there is no ENCRYPTED PRIVATE KEY block");
}

static void a_key_larger_than_the_buffer_is_refused(void **state)
{
    (void)state;
    BUF_AUTO struct buf passphrase = data_file("encrypted/passphrase");
    BUF_AUTO struct buf key = BUF_SECRET(100);
    struct error error;
    assert_false(open_file("encrypted/aws.pem", buf_str(&passphrase), &key, &error));
    assert_permanent(&error, "too large");
}

/* --- damage --- */

/* Decrypts a copy that ends where its memory ends, so that a sanitizer detects reads past it. */
static bool opens(struct str der, struct str passphrase, struct buf *key)
{
    BUF_AUTO struct buf copy = BUF(1024);
    struct error error = {0};
    buf_append(&copy, der);
    bool opened = pkcs8_decrypt(buf_str(&copy), passphrase, key, &error);
    assert_int_equal(error.kind, opened ? ERROR_NONE : ERROR_PERMANENT);
    return opened;
}

static void a_cut_key_is_refused(void **state)
{
    (void)state;
    BUF_AUTO struct buf passphrase = data_file("encrypted/passphrase");
    BUF_AUTO struct buf der = data_der("encrypted/few-iterations.pem");
    BUF_AUTO struct buf key = BUF_SECRET(1024);
    assert_true(opens(buf_str(&der), buf_str(&passphrase), &key));
    for (size_t length = 0; length < der.length; length++)
        assert_false(opens(str_take(buf_str(&der), length), buf_str(&passphrase), &key));
    buf_append_byte(&der, '\0');
    assert_false(opens(buf_str(&der), buf_str(&passphrase), &key));
}

/* The cipher does not detect changes of the encrypted bytes. Some give another key of valid form,
 * which the comparison with the certificate detects (test_certificate_key.c). None gives the same
 * key. */
static void a_changed_key_never_decrypts_to_the_same_key(void **state)
{
    (void)state;
    static const uint8_t changes[] = {0x01, 0x02, 0x20, 0x80, 0xff};
    BUF_AUTO struct buf passphrase = data_file("encrypted/passphrase");
    BUF_AUTO struct buf der = data_der("encrypted/few-iterations.pem");
    BUF_AUTO struct buf right = data_der("keys/p256.pem");
    struct pkcs8_encryption encryption;
    struct error error;
    assert_true(pkcs8_read_encryption(buf_str(&der), &encryption, &error));
    size_t outside = (size_t)(encryption.encrypted.data - der.data);
    for (size_t i = 0; i < der.length * sizeof changes; i++) {
        size_t place = i / sizeof changes;
        uint8_t change = changes[i % sizeof changes];
        BUF_AUTO struct buf key = BUF_SECRET(1024);
        der.data[place] = (char)((uint8_t)der.data[place] ^ change);
        bool opened = opens(buf_str(&der), buf_str(&passphrase), &key);
        der.data[place] = (char)((uint8_t)der.data[place] ^ change);
        assert_false(opened && place < outside);
        assert_false(opened && str_equal(buf_str(&key), buf_str(&right)));
    }
}

static int start_crypto(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pseudo_random_function_and_key_size_is_opened),
        cmocka_unit_test(a_key_as_acm_writes_it_is_opened),
        cmocka_unit_test(the_encryption_of_acm_is_read_as_documented),
        cmocka_unit_test(a_wrong_passphrase_is_refused_and_not_shown),
        cmocka_unit_test(a_wrong_passphrase_with_correct_padding_is_refused),
        cmocka_unit_test(other_encryptions_are_named),
        cmocka_unit_test(only_one_encrypted_key_is_accepted),
        cmocka_unit_test(a_key_larger_than_the_buffer_is_refused),
        cmocka_unit_test(a_cut_key_is_refused),
        cmocka_unit_test(a_changed_key_never_decrypts_to_the_same_key),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

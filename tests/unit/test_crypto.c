/* Hashes, HMAC, PBKDF2 and AES give the results of the test vectors in their standards. Some tests
 * hash the results for many lengths into one digest; Python's hashlib computed the expected one. */
#include "crypto/aes_cbc.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "crypto/pbkdf2.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char letters[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/* Fills `room`, of at least `count` bytes, with the same byte. */
static struct str repeated(char *room, char byte, size_t count)
{
    memset(room, byte, count);
    return str_bytes(room, count);
}

/* --- SHA-256 --- */

static void assert_sha256(struct str message, const char *expected)
{
    char digest[SHA256_HEX_SIZE];
    sha256_hex(message, digest);
    assert_string_equal(digest, expected);
}

static void sha256_gives_the_digests_of_fips_180(void **state)
{
    (void)state;
    assert_sha256(STR(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_sha256((struct str){NULL, 0},
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_sha256(STR("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_sha256(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    BUF_AUTO struct buf million = BUF(1000000);
    for (int i = 0; i < 5000; i++)
        buf_append_text(&million, letters);
    assert_sha256(buf_str(&million),
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void sha256_pads_every_length_correctly(void **state)
{
    (void)state;
    BUF_AUTO struct buf digests = BUF((size_t)201 * SHA256_SIZE);
    for (size_t length = 0; length <= 200; length++) {
        uint8_t digest[SHA256_SIZE];
        sha256(str_bytes(letters, length), digest);
        buf_append(&digests, str_bytes(digest, sizeof digest));
    }
    assert_sha256(buf_str(&digests),
                  "1be2d7d291484baf4c78d463a65b40a26c255b1946e5205eac8edad606a76fdd");
}

/* --- HMAC --- */

static void assert_hmac(struct str key, struct str message, const char *expected)
{
    uint8_t mac[SHA256_SIZE];
    hmac_sha256(key, message, mac);
    assert_hex(mac, strlen(expected) / 2, expected);
}

static void hmac_sha256_gives_the_codes_of_rfc_4231(void **state)
{
    (void)state;
    char key[200];
    char data[200];
    assert_hmac(repeated(key, 0x0b, 20), STR("Hi There"),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_hmac(STR("Jefe"), STR("what do ya want for nothing?"),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_hmac(repeated(key, (char)0xaa, 20), repeated(data, (char)0xdd, 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    for (char i = 0; i < 25; i++)
        key[(size_t)i] = (char)(i + 1);
    assert_hmac(str_bytes(key, 25), repeated(data, (char)0xcd, 50),
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    assert_hmac(repeated(key, 0x0c, 20), STR("Test With Truncation"),
                "a3b6167473100ee06e0c796c2955552b");
    assert_hmac(repeated(key, (char)0xaa, 131),
                STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_hmac(
        repeated(key, (char)0xaa, 131),
        STR("This is a test using a larger than block-size key and a larger than block-size "
            "data. The key needs to be hashed before being used by the HMAC algorithm."),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void hmac_sha256_accepts_keys_and_messages_of_every_length(void **state)
{
    (void)state;
    BUF_AUTO struct buf macs = BUF((size_t)201 * SHA256_SIZE);
    for (size_t length = 0; length <= 200; length++) {
        char key[200];
        char message[200];
        uint8_t mac[SHA256_SIZE];
        hmac_sha256(repeated(key, 'k', length), repeated(message, 'm', 200 - length), mac);
        buf_append(&macs, str_bytes(mac, sizeof mac));
    }
    assert_sha256(buf_str(&macs),
                  "f355f8e55b8b2d0cf471cc8bae79e579dc2bc61478315952aa3c51ccf327e574");
}

/* --- PBKDF2 --- */

static void assert_derived(enum hash hash, struct str password, struct str salt,
                           uint32_t iterations, const char *expected)
{
    uint8_t key[PBKDF2_LONGEST_KEY];
    size_t size = strlen(expected) / 2;
    pbkdf2(hash, password, salt, iterations, key, size);
    assert_hex(key, size, expected);
}

static void pbkdf2_gives_the_keys_of_rfc_6070(void **state)
{
    (void)state;
    const struct str password = STR("password");
    const struct str salt = STR("salt");
    assert_derived(HASH_SHA1, password, salt, 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    assert_derived(HASH_SHA1, password, salt, 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    assert_derived(HASH_SHA1, password, salt, 4096, "4b007901b765489abead49d926f721d065a429c1");
    assert_derived(HASH_SHA1, STR("passwordPASSWORDpassword"),
                   STR("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096,
                   "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
    assert_derived(HASH_SHA1, STR("pass\0word"), STR("sa\0lt"), 4096,
                   "56fa6aa75548099dcc37d7f03425e0c3");
}

static void pbkdf2_gives_the_keys_of_rfc_7914(void **state)
{
    (void)state;
    assert_derived(HASH_SHA256, STR("passwd"), STR("salt"), 1,
                   "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                   "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    assert_derived(HASH_SHA256, STR("Password"), STR("NaCl"), 80000,
                   "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
                   "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d");
}

static void pbkdf2_supports_the_other_hashes(void **state)
{
    (void)state;
    const struct str password = STR("password");
    const struct str salt = STR("salt");
    assert_derived(HASH_SHA224, password, salt, 4096,
                   "218c453bf90635bd0a21a75d172703ff6108ef603f65bb821aedade1");
    assert_derived(HASH_SHA384, password, salt, 4096,
                   "559726be38db125bc85ed7895f6e3cf574c7a01c080c3447"
                   "db1e8a76764deb3c307b94853fbe424f6488c5f4f1289626");
    assert_derived(HASH_SHA512, password, salt, 1,
                   "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
                   "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce");
}

/* Derives keys of 1 to 64 bytes from passwords and salts of 0 to 149 bytes, shorter and longer than
 * a block, with 1 to 3 iterations. */
static void assert_all_lengths(enum hash hash, const char *expected)
{
    BUF_AUTO struct buf keys = BUF((size_t)150 * PBKDF2_LONGEST_KEY);
    for (size_t length = 0; length < 150; length++) {
        char password[200];
        char salt[200];
        uint8_t key[PBKDF2_LONGEST_KEY];
        size_t size = length % 64 + 1;
        pbkdf2(hash, repeated(password, 'p', length), repeated(salt, 's', 149 - length),
               (uint32_t)(length % 3 + 1), key, size);
        buf_append(&keys, str_bytes(key, size));
    }
    assert_sha256(buf_str(&keys), expected);
}

static const char *const digests_of_all_lengths[] = {
    [HASH_SHA1] = "dbd4440e7fe5c4100d351cce36a208bd9e26ba503796c0b29e716a6dfffd8acc",
    [HASH_SHA224] = "e4f3d368894c13f9207ce767c580877541f8bd4d8772118c145b20e5ca10dca2",
    [HASH_SHA256] = "8433d0be072dc7b1860051dfa6438c5bd053dca65a3fa783d9161f87d8985fbf",
    [HASH_SHA384] = "2ddc6f745e4baf5957c4fe5d265354cccf819e47df2b2219a677e59dda1ace12",
    [HASH_SHA512] = "7e42c717ccda97ad4174d5c46b4e7da0e10d11991221476bc88b642a907c0611",
};

static void pbkdf2_accepts_inputs_of_all_lengths(void **state)
{
    (void)state;
    for (enum hash hash = HASH_SHA1; hash <= HASH_SHA512; hash++)
        assert_all_lengths(hash, digests_of_all_lengths[hash]);
}

/* --- AES --- */

/* NIST SP 800-38A, F.2. OpenSSL made the last block, which is padding only. */
static const char aes_plain[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                                "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
static const struct {
    const char *key;
    const char *encrypted;
} aes_vectors[] = {
    {"2b7e151628aed2a6abf7158809cf4f3c",
     "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
     "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
     "8cb82807230e1321d3fae00d18cc2012"},
    {"8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
     "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
     "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd"
     "612ccd79224b350935d45dd6a98f8176"},
    {"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
     "3f461796d6b0d6b2e0c2a72b4d80e644"},
};
static const uint8_t aes_iv[AES_BLOCK_SIZE] = {0, 1, 2,  3,  4,  5,  6,  7,
                                               8, 9, 10, 11, 12, 13, 14, 15};

static bool aes_decrypt(size_t vector, struct str encrypted, struct buf *plain)
{
    BUF_AUTO struct buf key = bytes_of_hex(aes_vectors[vector].key);
    return aes_cbc_decrypt(buf_str(&key), aes_iv, encrypted, plain);
}

static void aes_cbc_decrypts_the_vectors_of_sp_800_38a(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof aes_vectors / sizeof aes_vectors[0]; i++) {
        BUF_AUTO struct buf encrypted = bytes_of_hex(aes_vectors[i].encrypted);
        BUF_AUTO struct buf plain = BUF_SECRET(encrypted.length);
        assert_true(aes_decrypt(i, buf_str(&encrypted), &plain));
        assert_hex((const uint8_t *)plain.data, plain.length, aes_plain);
    }
}

static void aes_cbc_refuses_invalid_lengths(void **state)
{
    (void)state;
    BUF_AUTO struct buf encrypted = bytes_of_hex(aes_vectors[0].encrypted);
    for (size_t length = 0; length < encrypted.length; length++) {
        BUF_AUTO struct buf plain = BUF_SECRET(encrypted.length);
        assert_false(aes_decrypt(0, str_take(buf_str(&encrypted), length), &plain));
        assert_int_equal(plain.length, 0);
    }
}

static void aes_cbc_refuses_a_buffer_that_is_too_small(void **state)
{
    (void)state;
    BUF_AUTO struct buf encrypted = bytes_of_hex(aes_vectors[0].encrypted);
    BUF_AUTO struct buf plain = BUF_SECRET(encrypted.length - 1);
    assert_false(aes_decrypt(0, buf_str(&encrypted), &plain));
    assert_int_equal(plain.length, 0);
}

static void aes_cbc_appends(void **state)
{
    (void)state;
    BUF_AUTO struct buf encrypted = bytes_of_hex(aes_vectors[0].encrypted);
    BUF_AUTO struct buf plain = BUF_SECRET(encrypted.length + 1);
    buf_append_byte(&plain, 'x');
    assert_true(aes_decrypt(0, buf_str(&encrypted), &plain));
    assert_int_equal(plain.data[0], 'x');
    assert_hex((const uint8_t *)plain.data + 1, plain.length - 1, aes_plain);
}

/* Decrypts one block to `last_block`: the initialisation vector is chosen to give these bytes. */
static bool padding_is_accepted(const uint8_t last_block[AES_BLOCK_SIZE], size_t *length)
{
    BUF_AUTO struct buf key = bytes_of_hex(aes_vectors[0].key);
    BUF_AUTO struct buf encrypted = bytes_of_hex("8cb82807230e1321d3fae00d18cc2012");
    BUF_AUTO struct buf before = bytes_of_hex("3ff1caa1681fac09120eca307586e1a7");
    BUF_AUTO struct buf plain = BUF_SECRET(AES_BLOCK_SIZE);
    uint8_t iv[AES_BLOCK_SIZE];
    for (size_t i = 0; i < AES_BLOCK_SIZE; i++)
        iv[i] = (uint8_t)before.data[i] ^ AES_BLOCK_SIZE ^ last_block[i];
    bool taken = aes_cbc_decrypt(buf_str(&key), iv, buf_str(&encrypted), &plain);
    *length = plain.length;
    return taken;
}

static void aes_cbc_accepts_only_correct_padding(void **state)
{
    (void)state;
    size_t length = 0;
    for (size_t count = 0; count < 256; count++) {
        uint8_t block[AES_BLOCK_SIZE];
        memset(block, (int)count, sizeof block);
        bool right = count >= 1 && count <= AES_BLOCK_SIZE;
        assert_int_equal(padding_is_accepted(block, &length), right);
        if (right)
            assert_int_equal(length, AES_BLOCK_SIZE - count);
        for (size_t i = 0; right && i < count - 1; i++) {
            block[AES_BLOCK_SIZE - count + i] ^= 0x20;
            assert_false(padding_is_accepted(block, &length));
            block[AES_BLOCK_SIZE - count + i] ^= 0x20;
        }
    }
}

/* Workers do this after the fork of a process that has used the library. */
static void a_child_restarts_the_library(void **state)
{
    (void)state;
    int status = -1;
    uint8_t digest[SHA256_SIZE];
    sha256(STR("abc"), digest);
    pid_t child = fork();
    if (child == 0) {
        uint8_t same[SHA256_SIZE] = {0};
        bool started = crypto_start_in_child();
        sha256(STR("abc"), same);
        _exit(started && memcmp(same, digest, sizeof same) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int start_crypto(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_digests_of_fips_180),
        cmocka_unit_test(sha256_pads_every_length_correctly),
        cmocka_unit_test(hmac_sha256_gives_the_codes_of_rfc_4231),
        cmocka_unit_test(hmac_sha256_accepts_keys_and_messages_of_every_length),
        cmocka_unit_test(pbkdf2_gives_the_keys_of_rfc_6070),
        cmocka_unit_test(pbkdf2_gives_the_keys_of_rfc_7914),
        cmocka_unit_test(pbkdf2_supports_the_other_hashes),
        cmocka_unit_test(pbkdf2_accepts_inputs_of_all_lengths),
        cmocka_unit_test(aes_cbc_decrypts_the_vectors_of_sp_800_38a),
        cmocka_unit_test(aes_cbc_refuses_invalid_lengths),
        cmocka_unit_test(aes_cbc_accepts_only_correct_padding),
        cmocka_unit_test(aes_cbc_refuses_a_buffer_that_is_too_small),
        cmocka_unit_test(aes_cbc_appends),
        cmocka_unit_test(a_child_restarts_the_library),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

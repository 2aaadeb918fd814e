/* Base64 and hexadecimal digits. */
#include "crypto/base64.h"

#include "crypto/hash.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    struct str bytes;
    struct str text;
} rfc_4648[] = {
    {STR(""), STR("")},
    {STR("f"), STR("Zg==")},
    {STR("fo"), STR("Zm8=")},
    {STR("foo"), STR("Zm9v")},
    {STR("foob"), STR("Zm9vYg==")},
    {STR("fooba"), STR("Zm9vYmE=")},
    {STR("foobar"), STR("Zm9vYmFy")},
};

static void base64_gives_the_texts_of_rfc_4648_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc_4648 / sizeof rfc_4648[0]; i++) {
        BUF_AUTO struct buf text = BUF(64);
        BUF_AUTO struct buf bytes = BUF(64);
        assert_true(base64_encode(rfc_4648[i].bytes, &text));
        assert_same_text(buf_str(&text), rfc_4648[i].text);
        assert_true(base64_decode(rfc_4648[i].text, &bytes));
        assert_same_text(buf_str(&bytes), rfc_4648[i].bytes);
    }
}

static void every_byte_is_encoded_and_decoded(void **state)
{
    (void)state;
    for (size_t length = 1; length <= 6; length++) {
        for (unsigned value = 0; value < 256; value++) {
            char bytes[6];
            BUF_AUTO struct buf text = BUF(64);
            BUF_AUTO struct buf back = BUF(64);
            for (size_t i = 0; i < length; i++)
                bytes[i] = (char)(uint8_t)(value + 37 * i);
            assert_true(base64_encode(str_bytes(bytes, length), &text));
            assert_true(base64_is_plausible(buf_str(&text)));
            assert_true(base64_decode(buf_str(&text), &back));
            assert_true(str_equal(buf_str(&back), str_bytes(bytes, length)));
        }
    }
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void the_alphabet_is_the_standard_one(void **state)
{
    (void)state;
    for (size_t place = 0; place < 4; place++) {
        for (unsigned value = 0; value < 256; value++) {
            char text[] = "AAAA";
            text[place] = (char)(uint8_t)value;
            const char *found = value == 0 ? NULL : strchr(alphabet, (int)value);
            BUF_AUTO struct buf bytes = BUF(16);
            bool taken = base64_decode(str_bytes(text, 4), &bytes);
            bool padding = value == '=' && place == 3;
            assert_int_equal(taken, found != NULL || padding);
            if (found == NULL)
                continue;
            uint32_t bits = (uint32_t)(uint8_t)bytes.data[0] << 16 |
                            (uint32_t)(uint8_t)bytes.data[1] << 8 | (uint8_t)bytes.data[2];
            assert_int_equal(bits, (uint32_t)(found - alphabet) << (18 - 6 * place));
        }
    }
}

static void other_characters_are_not_plausible(void **state)
{
    (void)state;
    for (size_t place = 0; place < 19; place++) {
        for (unsigned value = 0; value < 256; value++) {
            char text[] = "Aa0+/ \n\r =Zz9AAAAAA";
            text[place] = (char)(uint8_t)value;
            bool plausible = value != 0 && (strchr(alphabet, (int)value) != NULL ||
                                            strchr(" \r\n=", (int)value) != NULL);
            assert_int_equal(base64_is_plausible(str_bytes(text, sizeof text - 1)), plausible);
            assert_int_equal(base64_is_plausible(str_bytes(text + place, 1)), plausible);
        }
    }
    assert_true(base64_is_plausible(STR("")));
}

static void lines_may_end_anywhere(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR("Zm9vYmE="),
        STR("Zm9v\nYmE=\n"),
        STR("Zm9v\r\nYmE=\r\n"),
        STR("Zm9v  \nYmE= "),
        STR("Z\nm\n9\nv\nY\nm\nE\n=\n"),
        STR("\n\n\nZm9vYmE= \r\n"),
        STR("Zm9vYmE\n="),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        BUF_AUTO struct buf bytes = BUF(64);
        assert_true(base64_decode(texts[i], &bytes));
        assert_same_text(buf_str(&bytes), STR("fooba"));
    }
}

static void damaged_base64_is_refused(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR("Z"),         STR("Zg"),       STR("Zg="),        STR("Zm9"),   STR("Zm9vZ"),
        STR("="),         STR("===="),     STR("A==="),       STR("=AAA"),  STR("A=AA"),
        STR("AA=A"),      STR("Zg==Zg=="), STR("Zg==A"),      STR("Zg==="), STR("Zm8=="),
        STR("Zm9vYg==="), STR("Zm9v-_"),   STR("Zm9v\vYmFy"), STR("Zm\0v"), STR("Zm9v\xc3\xa4YmFy"),
        STR("Zm 9v"),     STR("Zm\t9v"),   STR("Zm\r9v"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        BUF_AUTO struct buf bytes = BUF(64);
        if (base64_decode(texts[i], &bytes))
            fail_msg("\"%.*s\" was decoded", (int)texts[i].length, texts[i].data);
        assert_int_equal(bytes.length, 0);
    }
}

static void results_are_appended(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(64);
    BUF_AUTO struct buf bytes = BUF(64);
    buf_append_text(&text, "x: ");
    buf_append_text(&bytes, "y: ");
    assert_true(base64_encode(STR("foobar"), &text));
    assert_true(base64_decode(STR("Zm9vYmFy"), &bytes));
    assert_same_text(buf_str(&text), STR("x: Zm9vYmFy"));
    assert_same_text(buf_str(&bytes), STR("y: foobar"));
}

static void the_limit_of_a_buffer_holds(void **state)
{
    (void)state;
    for (size_t limit = 0; limit <= 10; limit++) {
        BUF_AUTO struct buf bytes = BUF(limit);
        BUF_AUTO struct buf text = BUF(limit);
        assert_int_equal(base64_decode(STR("Zm9v\nYm\nE="), &bytes), limit >= 5);
        assert_int_equal(bytes.failed, limit < 5);
        assert_true(bytes.length <= limit);
        assert_int_equal(base64_encode(STR("fooba"), &text), limit >= 8);
        assert_int_equal(text.failed, limit < 8);
    }
    BUF_AUTO struct buf spent = BUF(0);
    spent.failed = true;
    assert_false(base64_decode(STR(""), &spent));
}

static void hexadecimal_digits_are_lower_case(void **state)
{
    (void)state;
    char digits[33];
    hex_encode((const uint8_t *)"\x00\x01\x09\x0a\x0f\x10\x7f\x80\x99\x9a\xa9\xaa\xf0\xff\xab\xcd",
               16, digits);
    assert_string_equal(digits, "0001090a0f107f80999aa9aaf0ffabcd");
    hex_encode(NULL, 0, digits);
    assert_string_equal(digits, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_gives_the_texts_of_rfc_4648_and_back),
        cmocka_unit_test(every_byte_is_encoded_and_decoded),
        cmocka_unit_test(the_alphabet_is_the_standard_one),
        cmocka_unit_test(other_characters_are_not_plausible),
        cmocka_unit_test(lines_may_end_anywhere),
        cmocka_unit_test(damaged_base64_is_refused),
        cmocka_unit_test(results_are_appended),
        cmocka_unit_test(the_limit_of_a_buffer_holds),
        cmocka_unit_test(hexadecimal_digits_are_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

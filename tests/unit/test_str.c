/* Text that knows its length. */
#include "base/format.h"
#include "base/str.h"

#include "support/data.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_null_pointer_is_the_empty_text(void **state)
{
    (void)state;
    assert_int_equal(str_from(NULL).length, 0);
    assert_true(str_equal(str_from(NULL), STR("")));
    assert_int_equal(str_from("four").length, 4);
}

static void texts_are_equal_byte_for_byte(void **state)
{
    (void)state;
    assert_true(str_equal(STR("a\0b"), STR("a\0b")));
    assert_false(str_equal(STR("a\0b"), STR("a\0c")));
    assert_false(str_equal(STR("a"), STR("A")));
    assert_false(str_equal(STR("a"), STR("ab")));
    assert_false(str_equal(STR("ab"), STR("a")));
}

static void only_ascii_letters_have_two_cases(void **state)
{
    (void)state;
    assert_true(str_equal_ignore_case(STR("Content-TYPE"), STR("cONTENT-type")));
    assert_false(str_equal_ignore_case(STR("ab"), STR("abc")));
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            char first = (char)a;
            char second = (char)b;
            bool same = a == b || (isalpha(a) && (a ^ 0x20) == b);
            if (str_equal_ignore_case(str_bytes(&first, 1), str_bytes(&second, 1)) != same)
                fail_msg("bytes 0x%02x and 0x%02x", (unsigned)a, (unsigned)b);
        }
    }
}

static void classes_of_bytes_are_those_of_ascii(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool ascii = byte < 0x80;
        assert_int_equal(is_space((char)byte), ascii && isspace(byte) != 0);
        assert_int_equal(is_digit((char)byte), ascii && isdigit(byte) != 0);
        assert_int_equal(is_alphanumeric((char)byte), ascii && isalnum(byte) != 0);
        assert_int_equal(to_lower((char)byte), (char)(ascii ? tolower(byte) : byte));
    }
}

static void beginnings_and_ends_are_found(void **state)
{
    (void)state;
    assert_true(str_starts_with(STR("arn:aws"), STR("arn:")));
    assert_true(str_starts_with(STR("arn"), STR("")));
    assert_false(str_starts_with(STR("ar"), STR("arn")));
    assert_false(str_starts_with(STR("brn"), STR("arn")));
    assert_true(str_ends_with(STR("key.pem"), STR(".pem")));
    assert_true(str_ends_with(STR(""), STR("")));
    assert_false(str_ends_with(STR("pem"), STR(".pem")));
    assert_false(str_ends_with(STR("key.pen"), STR(".pem")));
}

static void the_first_occurrence_is_found(void **state)
{
    (void)state;
    assert_int_equal(str_index_of(STR("a=b=c"), '='), 1);
    assert_int_equal(str_index_of(STR("abc"), '='), 3);
    assert_int_equal(str_index_of(str_from(NULL), '='), 0);
    assert_int_equal(str_index_of(STR("a\0b"), '\0'), 1);
    assert_true(str_holds(STR("a=b"), '='));
    assert_false(str_holds(str_take(STR("a=b"), 1), '='));
    assert_int_equal(str_search(STR("aabaab"), STR("ab")), 1);
    assert_int_equal(str_search(STR("aab"), STR("abc")), 3);
    assert_int_equal(str_search(str_from(NULL), STR("a")), 0);
}

static void taking_and_skipping_stop_at_the_end(void **state)
{
    (void)state;
    assert_same_text(str_take(STR("abc"), 2), STR("ab"));
    assert_same_text(str_take(STR("abc"), 3), STR("abc"));
    assert_same_text(str_take(STR("abc"), SIZE_MAX), STR("abc"));
    assert_same_text(str_skip(STR("abc"), 0), STR("abc"));
    assert_same_text(str_skip(STR("abc"), 1), STR("bc"));
    assert_same_text(str_skip(STR("abc"), 3), STR(""));
    assert_same_text(str_skip(STR("abc"), SIZE_MAX), STR(""));
    assert_same_text(str_skip(str_from(NULL), 1), STR(""));
}

static void white_space_at_both_ends_is_trimmed(void **state)
{
    (void)state;
    assert_same_text(str_trim(STR(" \t\r\n\v\fa \t b\f\v\n\r\t ")), STR("a \t b"));
    assert_same_text(str_trim(STR(" \n")), STR(""));
    assert_same_text(str_trim(STR("")), STR(""));
    assert_same_text(str_trim(STR("\0a\0")), STR("\0a\0"));
    assert_same_text(str_trim(STR("\xa0")), STR("\xa0"));
}

/* Asserts the parts of `text`, which `expected` has in brackets. */
static void assert_parts(struct str text, char separator, const char *expected)
{
    BUF_AUTO struct buf parts = BUF(256);
    struct str part;
    while (str_next(&text, separator, &part))
        buf_format(&parts, "[%.*s]", (int)part.length, part.data);
    assert_string_equal(buf_text(&parts), expected);
}

static void every_part_between_separators_is_delivered(void **state)
{
    (void)state;
    assert_parts(STR("a:b:c"), ':', "[a][b][c]");
    assert_parts(STR("a"), ':', "[a]");
    assert_parts(STR("a:"), ':', "[a][]");
    assert_parts(STR(":a"), ':', "[][a]");
    assert_parts(STR("::"), ':', "[][][]");
    assert_parts(STR(""), ':', "[]");
    struct str used_up = {NULL, 0};
    struct str part;
    assert_false(str_next(&used_up, ':', &part));
}

static void assert_lines(struct str text, const char *expected)
{
    BUF_AUTO struct buf lines = BUF(256);
    struct str line;
    while (str_next_line(&text, &line))
        buf_format(&lines, "[%.*s]", (int)line.length, line.data);
    assert_string_equal(buf_text(&lines) == NULL ? "" : buf_text(&lines), expected);
}

static void lines_end_with_lf_or_crlf(void **state)
{
    (void)state;
    assert_lines(STR("a\nb\r\nc"), "[a][b][c]");
    assert_lines(STR("a\n"), "[a]");
    assert_lines(STR("a\r\n"), "[a]");
    assert_lines(STR("\n\n"), "[][]");
    assert_lines(STR("a\rb\n"), "[a\rb]");
    assert_lines(STR("a\r\r\n"), "[a\r]");
    assert_lines(STR("\r"), "[]");
    assert_lines(STR(""), "");
}

static void a_number_is_digits_and_nothing_else(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", " 1", "1 ", "+1", "-1", "0x1", "1.", "1_0", "a"};
    uint64_t number = 77;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(str_to_unsigned(str_from(wrong[i]), UINT64_MAX, &number));
    assert_false(str_to_unsigned(STR("1\0"), UINT64_MAX, &number));
    assert_int_equal(number, 77);
    assert_true(str_to_unsigned(STR("007"), UINT64_MAX, &number));
    assert_int_equal(number, 7);
}

static void a_number_is_at_most_what_is_allowed(void **state)
{
    (void)state;
    uint64_t number = 0;
    for (unsigned most = 0; most < 130; most++) {
        for (unsigned value = 0; value < 300; value++) {
            BUF_AUTO struct buf text = BUF(16);
            buf_format(&text, "%u", value);
            if (str_to_unsigned(buf_str(&text), most, &number) != (value <= most))
                fail_msg("%u of at most %u", value, most);
            if (value <= most)
                assert_int_equal(number, value);
        }
    }
    assert_true(str_to_unsigned(STR("18446744073709551615"), UINT64_MAX, &number));
    assert_true(number == UINT64_MAX);
    assert_false(str_to_unsigned(STR("18446744073709551616"), UINT64_MAX, &number));
    assert_false(str_to_unsigned(STR("99999999999999999999"), UINT64_MAX, &number));
    assert_false(str_to_unsigned(STR("18446744073709551615"), UINT64_MAX - 1, &number));
}

static void a_copy_is_terminated(void **state)
{
    (void)state;
    char *copy = str_duplicate(str_take(STR("abc"), 2));
    assert_string_equal(copy, "ab");
    free(copy);
    copy = str_duplicate(str_from(NULL));
    assert_string_equal(copy, "");
    free(copy);
    copy = str_duplicate(STR("a\0b"));
    assert_memory_equal(copy, "a\0b", 4);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_null_pointer_is_the_empty_text),
        cmocka_unit_test(texts_are_equal_byte_for_byte),
        cmocka_unit_test(only_ascii_letters_have_two_cases),
        cmocka_unit_test(classes_of_bytes_are_those_of_ascii),
        cmocka_unit_test(beginnings_and_ends_are_found),
        cmocka_unit_test(the_first_occurrence_is_found),
        cmocka_unit_test(taking_and_skipping_stop_at_the_end),
        cmocka_unit_test(white_space_at_both_ends_is_trimmed),
        cmocka_unit_test(every_part_between_separators_is_delivered),
        cmocka_unit_test(lines_end_with_lf_or_crlf),
        cmocka_unit_test(a_number_is_digits_and_nothing_else),
        cmocka_unit_test(a_number_is_at_most_what_is_allowed),
        cmocka_unit_test(a_copy_is_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

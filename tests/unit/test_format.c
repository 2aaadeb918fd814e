/* Formatted text, compared with the output of snprintf(3). */
#include "base/format.h"

#include "support/data.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Formats the same arguments with format_text and snprintf(3). */
#define ASSERT_SAME(...)                                                                           \
    do {                                                                                           \
        char ours[256];                                                                            \
        char theirs[256];                                                                          \
        size_t length = format_text(ours, sizeof ours, __VA_ARGS__);                               \
        assert_int_equal(length, snprintf(theirs, sizeof theirs, __VA_ARGS__));                    \
        assert_string_equal(ours, theirs);                                                         \
    } while (0)

static void texts_are_written(void **state)
{
    (void)state;
    ASSERT_SAME("no directive");
    ASSERT_SAME("%s", "");
    ASSERT_SAME("<%s|%s>", "a", "bc");
    ASSERT_SAME("<%8s>", "abc");
    ASSERT_SAME("<%2s>", "abc");
    ASSERT_SAME("<%.*s>", 2, "abc");
    ASSERT_SAME("<%.*s>", 9, "abc");
    ASSERT_SAME("<%.*s>", 0, "abc");
    ASSERT_SAME("<%c%c>", 'x', '%');
    ASSERT_SAME("100%%, %%s");
}

static void numbers_are_written(void **state)
{
    (void)state;
    static const int numbers[] = {0, 1, -1, 9, 10, -10, 255, INT_MAX, INT_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        ASSERT_SAME("%d|%i|%u|%x", numbers[i], numbers[i], (unsigned)numbers[i],
                    (unsigned)numbers[i]);
        ASSERT_SAME("<%6d|%06d|%2d|%02d>", numbers[i], numbers[i], numbers[i], numbers[i]);
        ASSERT_SAME("<%12u|%012u|%4x|%04x>", (unsigned)numbers[i], (unsigned)numbers[i],
                    (unsigned)numbers[i], (unsigned)numbers[i]);
    }
}

static void wide_numbers_are_written(void **state)
{
    (void)state;
    ASSERT_SAME("%ld %ld %lu %lx", LONG_MIN, LONG_MAX, ULONG_MAX, ULONG_MAX);
    ASSERT_SAME("%lld %lld %llu %llx", LLONG_MIN, LLONG_MAX, ULLONG_MAX, ULLONG_MAX);
    ASSERT_SAME("%zu %zu", (size_t)0, SIZE_MAX);
    ASSERT_SAME("<%24lld|%024lld>", LLONG_MIN, LLONG_MIN);
    ASSERT_SAME("%lld %d %zu %s", -5LL, 6, (size_t)7, "eight");
}

static void what_does_not_fit_is_cut_off(void **state)
{
    (void)state;
    static const char whole[] = "value: -0042, text";
    for (size_t size = 1; size < sizeof whole + 3; size++) {
        char out[32];
        memset(out, '#', sizeof out);
        size_t length = format_text(out, size, "value: %05d, %s", -42, "text");
        size_t expected = size - 1 < strlen(whole) ? size - 1 : strlen(whole);
        assert_int_equal(length, expected);
        assert_memory_equal(out, whole, expected);
        assert_int_equal(out[expected], '\0');
        for (size_t i = size; i < sizeof out; i++)
            assert_int_equal(out[i], '#');
    }
}

static void a_text_need_not_be_terminated_within_its_length(void **state)
{
    (void)state;
    char out[16];
    const char bytes[3] = {'a', 'b', 'c'};
    assert_int_equal(format_text(out, sizeof out, "%.*s", 3, bytes), 3);
    assert_string_equal(out, "abc");
    const char *volatile nothing = NULL;
    assert_int_equal(format_text(out, sizeof out, "<%.*s>", 0, nothing), 2);
    assert_string_equal(out, "<>");
}

static void a_buffer_past_its_limit_says_so(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(8);
    assert_true(buf_format(&buf, "%s-%d", "abc", 1234));
    assert_same_text(buf_str(&buf), STR("abc-1234"));
    assert_false(buf_format(&buf, "%c", 'x'));
    assert_true(buf.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_written),
        cmocka_unit_test(numbers_are_written),
        cmocka_unit_test(wide_numbers_are_written),
        cmocka_unit_test(what_does_not_fit_is_cut_off),
        cmocka_unit_test(a_text_need_not_be_terminated_within_its_length),
        cmocka_unit_test(a_buffer_past_its_limit_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

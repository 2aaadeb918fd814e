/* Packed texts, as the static binary has them. */
#include "base/format.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TEXTS_SIZE = 32 };

/* -128 is "re", -127 "read", 1 "ready", -126 "%s". */
const char text_pairs[160][2] = {[0] = {'r', 'e'},
                                 [2] = {'%', 's'},
                                 [1] = {'\200', '\203'},
                                 [3] = {'a', 'd'},
                                 [129] = {'\201', 'y'}};
const char texts_begin[TEXTS_SIZE] = "\1: \202\n\0plain\0\201 \200";
__asm__(".globl texts_end\n.set texts_end, texts_begin + 32");

static const char *text_at(size_t offset)
{
    return texts_begin + offset;
}

static void packed_texts_are_unpacked_and_terminated(void **state)
{
    (void)state;
    char room[TEXT_MOST];
    assert_string_equal(text_unpack(text_at(0), room), "ready: %s\n");
    assert_string_equal(text_unpack(text_at(6), room), "plain");
    assert_string_equal(text_unpack(text_at(12), room), "read re");
}

/* The same bytes elsewhere are what they are: a name in Latin-1, say. */
static void other_texts_stay_as_they_are(void **state)
{
    (void)state;
    char room[TEXT_MOST];
    char elsewhere[] = "\1\200\202";
    const char *before = (const char *)((uintptr_t)texts_begin - 1);
    assert_ptr_equal(text_unpack(elsewhere, room), elsewhere);
    assert_ptr_equal(text_unpack(texts_begin + TEXTS_SIZE, room), texts_begin + TEXTS_SIZE);
    assert_ptr_equal(text_unpack(before, room), before);
}

static void formats_and_their_arguments_may_be_packed(void **state)
{
    (void)state;
    char out[64];
    const char *format = text_at(0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* no compiler knows a packed format */
    assert_int_equal(format_text(out, sizeof out, format, text_at(12)), 15);
    assert_string_equal(out, "ready: read re\n");
    format_text(out, sizeof out, format, "\200\201");
#pragma GCC diagnostic pop
    assert_string_equal(out, "ready: \200\201\n");
    format_text(out, sizeof out, "%.*s|%8s", 3, text_at(12), text_at(12));
    assert_string_equal(out, "rea| read re");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_texts_are_unpacked_and_terminated),
        cmocka_unit_test(other_texts_stay_as_they_are),
        cmocka_unit_test(formats_and_their_arguments_may_be_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

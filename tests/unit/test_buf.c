/* Buffers that grow up to a limit, and wipe secrets. */
#include "base/buf.h"
#include "base/format.h"

#include "support/data.h"
#include "support/wiped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void fill(struct buf *buf, size_t length)
{
    while (buf->length < length)
        assert_true(buf_append_byte(buf, (char)('a' + buf->length % 26)));
}

static void what_is_appended_stands_in_order(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(100);
    assert_true(buf_append(&buf, STR("a\0b")));
    assert_true(buf_append_text(&buf, "cd"));
    assert_true(buf_append_byte(&buf, 'e'));
    assert_true(buf_append(&buf, str_from(NULL)));
    assert_true(buf_format(&buf, "-%u-%s", 7U, "f"));
    assert_same_text(buf_str(&buf), STR("a\0bcde-7-f"));
}

static void a_buffer_takes_its_limit_and_no_byte_more(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 200; limit++) {
        BUF_AUTO struct buf buf = BUF(limit);
        fill(&buf, limit);
        assert_false(buf.failed);
        assert_false(buf_append_byte(&buf, 'x'));
        assert_true(buf.failed);
        assert_int_equal(buf.length, limit);
    }
}

static void what_does_not_fit_leaves_nothing_behind(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(4);
    assert_true(buf_append(&buf, STR("abc")));
    assert_false(buf_append(&buf, STR("de")));
    assert_same_text(buf_str(&buf), STR("abc"));
}

static void a_failed_buffer_takes_nothing_until_it_is_cleared(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(4);
    assert_false(buf_append(&buf, STR("abcde")));
    assert_false(buf_append(&buf, STR("a")));
    assert_false(buf_append(&buf, STR("")));
    assert_false(buf_reserve(&buf, 0));
    assert_false(buf_format(&buf, "a"));
    assert_int_equal(buf.length, 0);
    buf_clear(&buf);
    assert_true(buf_append(&buf, STR("abcd")));
    assert_same_text(buf_str(&buf), STR("abcd"));
}

static void sizes_do_not_wrap_around(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(SIZE_MAX);
    assert_true(buf_append(&buf, STR("abc")));
    assert_false(buf_reserve(&buf, SIZE_MAX));
    assert_true(buf.failed);
    buf_clear(&buf);
    assert_true(buf_append(&buf, STR("abc")));
    assert_false(buf_reserve(&buf, SIZE_MAX - 2));
}

static void room_that_was_reserved_may_be_written(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(1000);
    fill(&buf, 10);
    assert_true(buf_reserve(&buf, 990));
    assert_true(buf.capacity - buf.length >= 990);
    memset(buf.data + buf.length, 'x', 990);
    assert_false(buf_reserve(&buf, 991));
}

static void bytes_are_removed_from_the_front(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(100);
    buf_consume(&buf, 5);
    assert_true(buf_append(&buf, STR("abcdef")));
    buf_consume(&buf, 0);
    buf_consume(&buf, 2);
    assert_same_text(buf_str(&buf), STR("cdef"));
    buf_consume(&buf, 100);
    assert_int_equal(buf.length, 0);
}

static void the_contents_can_be_had_as_a_terminated_text(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(5);
    assert_string_equal(buf_text(&buf), "");
    assert_true(buf_append(&buf, STR("abcd")));
    assert_string_equal(buf_text(&buf), "abcd");
    assert_int_equal(buf.length, 4);
    assert_true(buf_append_byte(&buf, 'e'));
    assert_null(buf_text(&buf));
}

static void a_freed_buffer_may_be_used_again(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(10);
    assert_true(buf_append(&buf, STR("abc")));
    buf_free(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.length, 0);
    assert_true(buf_append(&buf, STR("0123456789")));
    buf_free(&buf);
    buf_free(&buf);
}

/* --- secrets --- */

static void a_growing_secret_leaves_no_copy_behind(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF_SECRET(100000);
    unsigned moves = 0;
    fill(&buf, 1);
    while (buf.length < 50000) {
        const char *before = buf.data;
        size_t length = buf.length;
        wiped_forget();
        fill(&buf, length + 1);
        if (buf.data == before)
            continue;
        assert_true(wiped(before, length));
        moves++;
    }
    assert_true(moves > 5);
    for (size_t i = 0; i < buf.length; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
}

static void a_secret_is_wiped_when_it_is_let_go(void **state)
{
    (void)state;
    struct buf buf = BUF_SECRET(1000);
    fill(&buf, 500);
    const char *data = buf.data;
    size_t capacity = buf.capacity;
    wiped_forget();
    buf_clear(&buf);
    assert_ptr_equal(buf.data, data);
    assert_true(wiped(data, capacity));
    fill(&buf, 10);
    wiped_forget();
    buf_free(&buf);
    assert_true(wiped(data, capacity));
}

static void a_secret_is_wiped_where_it_was_before_bytes_were_removed(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF_SECRET(100);
    assert_true(buf_append(&buf, STR("public:secret")));
    buf_consume(&buf, 7);
    assert_memory_equal(buf.data, "secret\0\0\0\0\0\0\0", 13);
    buf_consume(&buf, 6);
    assert_memory_equal(buf.data, "\0\0\0\0\0\0", 6);
}

static void what_is_no_secret_is_not_wiped(void **state)
{
    (void)state;
    struct buf buf = BUF(1000);
    fill(&buf, 500);
    wiped_forget();
    buf_consume(&buf, 10);
    buf_clear(&buf);
    buf_free(&buf);
    assert_int_equal(wipe_count, 0);
}

static void wiping_overwrites_with_zeros(void **state)
{
    (void)state;
    char memory[] = "secret";
    wipe(memory + 1, 4);
    assert_memory_equal(memory, "s\0\0\0\0t", 7);
    wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_stands_in_order),
        cmocka_unit_test(a_buffer_takes_its_limit_and_no_byte_more),
        cmocka_unit_test(what_does_not_fit_leaves_nothing_behind),
        cmocka_unit_test(a_failed_buffer_takes_nothing_until_it_is_cleared),
        cmocka_unit_test(sizes_do_not_wrap_around),
        cmocka_unit_test(room_that_was_reserved_may_be_written),
        cmocka_unit_test(bytes_are_removed_from_the_front),
        cmocka_unit_test(the_contents_can_be_had_as_a_terminated_text),
        cmocka_unit_test(a_freed_buffer_may_be_used_again),
        cmocka_unit_test(a_growing_secret_leaves_no_copy_behind),
        cmocka_unit_test(a_secret_is_wiped_when_it_is_let_go),
        cmocka_unit_test(a_secret_is_wiped_where_it_was_before_bytes_were_removed),
        cmocka_unit_test(what_is_no_secret_is_not_wiped),
        cmocka_unit_test(wiping_overwrites_with_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

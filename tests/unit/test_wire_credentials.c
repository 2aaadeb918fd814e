/* The frame that says where credentials come from, and when they end. */
#include "worker/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static enum wire_status read_frame(struct str bytes, struct frame *frame)
{
    size_t used = 0;
    return wire_read(bytes, 1, frame, &used);
}

static void a_source_is_read(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(64);
    struct frame frame;
    assert_true(wire_write_credentials(&buf, STR("profile box"), 1781150706));
    assert_int_equal(read_frame(buf_str(&buf), &frame), WIRE_FRAME);
    assert_int_equal(frame.type, FRAME_CREDENTIALS);
    assert_int_equal(frame.not_after, 1781150706);
    assert_true(str_equal(frame.text, STR("profile box")));
}

static void a_frame_that_is_cut_or_damaged_is_refused(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(64);
    struct frame frame;
    assert_true(wire_write_credentials(&buf, STR("profile box"), 0));
    for (size_t length = 0; length < buf.length; length++)
        assert_int_equal(read_frame(str_take(buf_str(&buf), length), &frame), WIRE_INCOMPLETE);
    buf.data[1]--; /* the frame's length */
    assert_int_equal(read_frame(buf_str(&buf), &frame), WIRE_GARBAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_read),
        cmocka_unit_test(a_frame_that_is_cut_or_damaged_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Frames from a worker, which may be compromised. */
#include "worker/wire.h"

#include "base/limits.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, HEADER = 5 };

#define BLOCK(label) "-----BEGIN " label "-----\nTUlJQg==\n-----END " label "-----\n"
#define LEAF BLOCK("CERTIFICATE")
#define KEY BLOCK("PRIVATE KEY")

static const struct bundle right = {{LEAF, sizeof LEAF - 1},
                                    {LEAF "\n" LEAF, sizeof LEAF + sizeof LEAF - 1},
                                    {KEY, sizeof KEY - 1}};

/* Reads the contents of `buf` from memory of exactly that size, so that a sanitizer detects an
 * overrun. */
static enum wire_status read_exactly(struct str in, struct frame *frame, size_t *used)
{
    char *copy = malloc(in.length == 0 ? 1 : in.length);
    assert_non_null(copy);
    if (in.length > 0)
        memcpy(copy, in.data, in.length);
    enum wire_status status = wire_read(str_bytes(copy, in.length), BATCH, frame, used);
    free(copy);
    return status;
}

static void assert_status(struct str in, enum wire_status expected)
{
    struct frame frame;
    size_t used = 0;
    assert_int_equal(read_exactly(in, &frame, &used), expected);
}

static struct frame frame_of(const struct buf *buf)
{
    struct frame frame;
    size_t used = 0;
    assert_int_equal(wire_read(buf_str(buf), BATCH, &frame, &used), WIRE_FRAME);
    assert_int_equal(used, buf->length);
    return frame;
}

static struct buf bundle_frame(uint16_t certificate, const struct bundle *bundle)
{
    struct buf buf = BUF(LIMIT_FRAME + HEADER);
    assert_true(wire_write_bundle(&buf, certificate, STR("box.example"), 1781150706, bundle));
    return buf;
}

static struct buf failure_frame(uint16_t certificate, enum error_kind kind)
{
    struct buf buf = BUF(4096);
    struct error error;
    error_set(&error, kind, "it went %s", "wrong");
    error_advise(&error, "mend it");
    assert_true(wire_write_failure(&buf, certificate, &error));
    return buf;
}

/* --- what is written is read --- */

static void a_log_line_is_read(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(4096);
    assert_true(wire_write_log(&buf, LOG_LEVEL_WARN, STR("a line")));
    struct frame frame = frame_of(&buf);
    assert_int_equal(frame.type, FRAME_LOG);
    assert_int_equal(frame.level, LOG_LEVEL_WARN);
    assert_same_text(frame.text, STR("a line"));
}

static void a_stage_is_read(void **state)
{
    (void)state;
    static const uint16_t certificates[] = {0, BATCH - 1, WHOLE_BATCH};
    for (size_t i = 0; i < 3; i++) {
        BUF_AUTO struct buf buf = BUF(4096);
        assert_true(wire_write_stage(&buf, certificates[i], STR("resolving")));
        struct frame frame = frame_of(&buf);
        assert_int_equal(frame.type, FRAME_STAGE);
        assert_int_equal(frame.member, certificates[i]);
        assert_same_text(frame.text, STR("resolving"));
    }
}

static void a_bundle_is_read(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = bundle_frame(2, &right);
    struct frame frame = frame_of(&buf);
    assert_int_equal(frame.type, FRAME_BUNDLE);
    assert_int_equal(frame.member, 2);
    assert_int_equal(frame.not_after, 1781150706);
    assert_same_text(frame.text, STR("box.example"));
    assert_same_text(frame.bundle.certificate, right.certificate);
    assert_same_text(frame.bundle.chain, right.chain);
    assert_same_text(frame.bundle.key, right.key);
}

static void a_failure_is_read(void **state)
{
    (void)state;
    for (enum error_kind kind = ERROR_CONFIGURATION; kind <= ERROR_INTERNAL; kind++) {
        BUF_AUTO struct buf buf = failure_frame(WHOLE_BATCH, kind);
        struct frame frame = frame_of(&buf);
        assert_int_equal(frame.type, FRAME_FAILURE);
        assert_int_equal(frame.member, WHOLE_BATCH);
        assert_int_equal(frame.error.kind, kind);
        assert_string_equal(frame.error.message, "it went wrong");
        assert_string_equal(frame.error.advice, "mend it");
    }
}

static void what_is_served_is_read(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(64);
    assert_true(wire_write_served(&buf, 1, SERVED_OTHER, 1781150706));
    struct frame frame = frame_of(&buf);
    assert_int_equal(frame.type, FRAME_SERVED);
    assert_int_equal(frame.member, 1);
    assert_int_equal(frame.verdict, SERVED_OTHER);
    assert_int_equal(frame.not_after, 1781150706);
}

static void a_step_is_read(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(64);
    assert_true(wire_write_step(&buf, STEP_SKIP, STR("tls: no connection")));
    struct frame frame = frame_of(&buf);
    assert_int_equal(frame.type, FRAME_STEP);
    assert_int_equal(frame.verdict, STEP_SKIP);
    assert_same_text(frame.text, STR("tls: no connection"));
}

static void the_end_is_read(void **state)
{
    (void)state;
    BUF_AUTO struct buf buf = BUF(64);
    assert_true(wire_write_done(&buf));
    assert_int_equal(buf.length, HEADER);
    assert_int_equal(frame_of(&buf).type, FRAME_DONE);
}

static void frames_follow_each_other(void **state)
{
    (void)state;
    BUF_AUTO struct buf all = BUF(64 * 1024);
    assert_true(wire_write_stage(&all, 1, STR("exporting")));
    assert_true(wire_write_bundle(&all, 1, STR("x"), 1, &right));
    assert_true(wire_write_log(&all, LOG_LEVEL_INFO, STR("")));
    assert_true(wire_write_done(&all));
    static const enum frame_type expected[] = {FRAME_STAGE, FRAME_BUNDLE, FRAME_LOG, FRAME_DONE};
    struct str rest = buf_str(&all);
    for (size_t i = 0; i < 4; i++) {
        struct frame frame;
        size_t used = 0;
        assert_int_equal(wire_read(rest, BATCH, &frame, &used), WIRE_FRAME);
        assert_int_equal(frame.type, expected[i]);
        rest = str_skip(rest, used);
    }
    assert_int_equal(rest.length, 0);
}

static void a_frame_that_does_not_fit_is_not_written(void **state)
{
    (void)state;
    BUF_AUTO struct buf whole = bundle_frame(0, &right);
    for (size_t limit = 0; limit < whole.length; limit++) {
        BUF_AUTO struct buf small = BUF(limit);
        assert_false(wire_write_bundle(&small, 0, STR("box.example"), 1, &right));
    }
}

/* --- what is cut off or damaged --- */

static void every_cut_frame_is_incomplete(void **state)
{
    (void)state;
    BUF_AUTO struct buf bundle = bundle_frame(1, &right);
    BUF_AUTO struct buf failure = failure_frame(1, ERROR_DENIED);
    for (size_t length = 0; length < bundle.length; length++)
        assert_status(str_take(buf_str(&bundle), length), WIRE_INCOMPLETE);
    for (size_t length = 0; length < failure.length; length++)
        assert_status(str_take(buf_str(&failure), length), WIRE_INCOMPLETE);
}

static void set_length(struct buf *frame, size_t place, uint64_t length)
{
    for (unsigned i = 0; i < 4; i++)
        frame->data[place + i] = (char)(length >> (8 * i));
}

static void a_length_that_the_payload_does_not_fill_is_garbage(void **state)
{
    (void)state;
    BUF_AUTO struct buf frame = bundle_frame(1, &right);
    size_t payload = frame.length - HEADER;
    for (size_t length = 0; length < payload; length++) {
        set_length(&frame, 1, length);
        assert_status(buf_str(&frame), WIRE_GARBAGE);
    }
    for (size_t more = 1; more < 20; more++) {
        set_length(&frame, 1, payload + more);
        assert_status(buf_str(&frame), WIRE_INCOMPLETE);
        assert_true(buf_append_byte(&frame, '\n'));
        assert_int_equal(frame.length, HEADER + payload + more);
        assert_status(buf_str(&frame), WIRE_GARBAGE);
    }
}

static void a_length_beyond_the_limit_is_garbage_at_once(void **state)
{
    (void)state;
    BUF_AUTO struct buf frame = BUF(64);
    assert_true(wire_write_done(&frame));
    set_length(&frame, 1, LIMIT_FRAME);
    assert_status(buf_str(&frame), WIRE_INCOMPLETE);
    set_length(&frame, 1, LIMIT_FRAME + 1);
    assert_status(buf_str(&frame), WIRE_GARBAGE);
    set_length(&frame, 1, UINT32_MAX);
    assert_status(buf_str(&frame), WIRE_GARBAGE);
}

/* Every text of a bundle, with every wrong length. */
static void a_text_with_a_wrong_length_is_garbage(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    BUF_AUTO struct buf frame = bundle_frame(1, &right);
    const size_t sizes[] = {strlen("box.example"), right.certificate.length, right.chain.length,
                            right.key.length};
    size_t place = HEADER + 2 + 8;
    for (size_t text = 0; text < 4; text++) {
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            set_length(&frame, place, lengths[i]);
            assert_status(buf_str(&frame), WIRE_GARBAGE);
        }
        set_length(&frame, place, sizes[text] - 1);
        assert_status(buf_str(&frame), WIRE_GARBAGE);
        set_length(&frame, place, sizes[text] + 1);
        assert_status(buf_str(&frame), WIRE_GARBAGE);
        set_length(&frame, place, sizes[text]);
        assert_status(buf_str(&frame), WIRE_FRAME);
        place += 4 + sizes[text];
    }
}

static void only_known_types_are_taken(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        const char frame[HEADER] = {(char)type, 0, 0, 0, 0};
        assert_status(str_bytes(frame, HEADER), type == FRAME_DONE ? WIRE_FRAME : WIRE_GARBAGE);
    }
    const char long_end[] = {FRAME_DONE, 1, 0, 0, 0, 'x'};
    assert_status(str_bytes(long_end, sizeof long_end), WIRE_GARBAGE);
}

static void a_certificate_outside_the_batch_is_garbage(void **state)
{
    (void)state;
    for (unsigned certificate = 0; certificate <= 0xffff;
         certificate += certificate < 10 ? 1 : 0x33) {
        bool member = certificate < BATCH;
        bool batch = certificate == WHOLE_BATCH;
        BUF_AUTO struct buf stage = BUF(64);
        assert_true(wire_write_stage(&stage, (uint16_t)certificate, STR("x")));
        assert_status(buf_str(&stage), member || batch ? WIRE_FRAME : WIRE_GARBAGE);
        BUF_AUTO struct buf failure = failure_frame((uint16_t)certificate, ERROR_DENIED);
        assert_status(buf_str(&failure), member || batch ? WIRE_FRAME : WIRE_GARBAGE);
        BUF_AUTO struct buf bundle = bundle_frame((uint16_t)certificate, &right);
        assert_status(buf_str(&bundle), member ? WIRE_FRAME : WIRE_GARBAGE);
        BUF_AUTO struct buf served = BUF(64);
        assert_true(wire_write_served(&served, (uint16_t)certificate, SERVED_SAME, 1));
        assert_status(buf_str(&served), member ? WIRE_FRAME : WIRE_GARBAGE);
    }
}

static void kinds_and_levels_are_known_ones(void **state)
{
    (void)state;
    BUF_AUTO struct buf failure = failure_frame(0, ERROR_DENIED);
    BUF_AUTO struct buf line = BUF(64);
    BUF_AUTO struct buf served = BUF(64);
    BUF_AUTO struct buf step = BUF(64);
    assert_true(wire_write_log(&line, LOG_LEVEL_INFO, STR("x")));
    assert_true(wire_write_served(&served, 0, SERVED_SAME, 1));
    assert_true(wire_write_step(&step, STEP_OK, STR("x")));
    for (unsigned value = 0; value < 256; value++) {
        failure.data[HEADER + 2] = (char)value;
        line.data[HEADER] = (char)value;
        served.data[HEADER + 2] = (char)value;
        step.data[HEADER] = (char)value;
        bool seen = value != SERVED_UNKNOWN && value <= SERVED_UNREACHABLE;
        assert_status(buf_str(&served), seen ? WIRE_FRAME : WIRE_GARBAGE);
        assert_status(buf_str(&step), value <= STEP_NOTE ? WIRE_FRAME : WIRE_GARBAGE);
        bool kind = value != ERROR_NONE && value <= ERROR_INTERNAL;
        assert_status(buf_str(&failure), kind ? WIRE_FRAME : WIRE_GARBAGE);
        assert_status(buf_str(&line), value < LOG_LEVEL_NONE ? WIRE_FRAME : WIRE_GARBAGE);
    }
}

/* --- bounds of texts --- */

static void assert_longest_text(bool (*write)(struct buf *out, struct str text), size_t longest)
{
    static char text[LIMIT_LOG_LINE + 2];
    memset(text, 'x', sizeof text);
    BUF_AUTO struct buf fits = BUF(16 * 1024);
    BUF_AUTO struct buf longer = BUF(16 * 1024);
    assert_true(write(&fits, str_bytes(text, longest)));
    assert_status(buf_str(&fits), WIRE_FRAME);
    assert_true(write(&longer, str_bytes(text, longest + 1)));
    assert_status(buf_str(&longer), WIRE_GARBAGE);
}

static bool write_log(struct buf *out, struct str text)
{
    return wire_write_log(out, LOG_LEVEL_INFO, text);
}

static bool write_name(struct buf *out, struct str text)
{
    return wire_write_bundle(out, 0, text, 1, &right);
}

static void texts_have_a_longest_length(void **state)
{
    (void)state;
    assert_longest_text(write_log, LIMIT_LOG_LINE);
    assert_longest_text(write_name, 1024);
}

static void a_stage_is_cut_to_its_longest_length(void **state)
{
    (void)state;
    static char text[2000];
    BUF_AUTO struct buf frame = BUF(4096);
    memset(text, 'x', sizeof text);
    assert_true(wire_write_stage(&frame, 0, str_bytes(text, sizeof text)));
    assert_int_equal(frame_of(&frame).text.length, 1024);
}

static void an_error_fills_its_texts_and_no_more(void **state)
{
    (void)state;
    struct error error = {.kind = ERROR_DENIED};
    memset(error.message, 'm', sizeof error.message - 1);
    memset(error.advice, 'a', sizeof error.advice - 1);
    BUF_AUTO struct buf fits = BUF(4096);
    assert_true(wire_write_failure(&fits, 0, &error));
    struct frame frame = frame_of(&fits);
    assert_memory_equal(&frame.error, &error, sizeof error);
    size_t advice = HEADER + 2 + 1 + 4 + sizeof error.message - 1;
    BUF_AUTO struct buf longer = BUF(4096);
    assert_true(buf_append(&longer, buf_str(&fits)));
    assert_true(buf_append_byte(&longer, 'a'));
    set_length(&longer, 1, longer.length - HEADER);
    set_length(&longer, advice, sizeof error.advice);
    assert_status(buf_str(&longer), WIRE_GARBAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_line_is_read),
        cmocka_unit_test(a_stage_is_read),
        cmocka_unit_test(a_bundle_is_read),
        cmocka_unit_test(a_failure_is_read),
        cmocka_unit_test(what_is_served_is_read),
        cmocka_unit_test(a_step_is_read),
        cmocka_unit_test(the_end_is_read),
        cmocka_unit_test(frames_follow_each_other),
        cmocka_unit_test(a_frame_that_does_not_fit_is_not_written),
        cmocka_unit_test(every_cut_frame_is_incomplete),
        cmocka_unit_test(a_length_that_the_payload_does_not_fill_is_garbage),
        cmocka_unit_test(a_length_beyond_the_limit_is_garbage_at_once),
        cmocka_unit_test(a_text_with_a_wrong_length_is_garbage),
        cmocka_unit_test(only_known_types_are_taken),
        cmocka_unit_test(a_certificate_outside_the_batch_is_garbage),
        cmocka_unit_test(kinds_and_levels_are_known_ones),
        cmocka_unit_test(texts_have_a_longest_length),
        cmocka_unit_test(a_stage_is_cut_to_its_longest_length),
        cmocka_unit_test(an_error_fills_its_texts_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

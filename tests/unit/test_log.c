/* The log: levels, lines, and text from outside that must not forge them. */
#include "base/log.h"

#include "base/limits.h"
#include "support/captured_log.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int restore(void **state)
{
    (void)state;
    release_log();
    unsetenv("WCP_TEST_CLOCK");
    return 0;
}

static void messages_below_the_level_are_dropped(void **state)
{
    (void)state;
    BUF_AUTO struct buf lines = BUF(1000);
    capture_log(&lines);
    log_debug("one");
    log_info("two");
    log_set_level(LOG_LEVEL_WARN);
    assert_int_equal(log_get_level(), LOG_LEVEL_WARN);
    log_info("three");
    log_warn("four");
    log_error("five %u", 5U);
    log_set_level(LOG_LEVEL_NONE);
    log_error("six");
    assert_same_text(buf_str(&lines), STR("DEBUG one\nINFO two\nWARN four\nERROR five 5\n"));
}

static void what_is_to_be_said_once_is_said_once_while_it_is_remembered(void **state)
{
    (void)state;
    BUF_AUTO struct buf lines = BUF(64 * 1024);
    capture_log(&lines);
    for (unsigned i = 0; i < 3; i++) {
        log_once(LOG_LEVEL_WARN, "%s", "one");
        log_once(LOG_LEVEL_WARN, "%s", "two");
    }
    assert_same_text(buf_str(&lines), STR("WARN one\nWARN two\n"));
    log_set_level(LOG_LEVEL_ERROR);
    log_once(LOG_LEVEL_WARN, "dropped");
    log_set_level(LOG_LEVEL_INFO);
    buf_clear(&lines);
    for (unsigned i = 0; i < LIMIT_LOGGED_ONCE; i++)
        log_once(LOG_LEVEL_WARN, "other %u", i);
    buf_clear(&lines);
    log_once(LOG_LEVEL_WARN, "dropped");
    log_once(LOG_LEVEL_WARN, "one");
    assert_same_text(buf_str(&lines), STR("WARN dropped\nWARN one\n"));
}

static void the_level_is_info_at_first(void **state)
{
    (void)state;
    assert_int_equal(log_get_level(), LOG_LEVEL_INFO);
}

static void names_of_levels_are_read_in_any_case(void **state)
{
    (void)state;
    static const char *const names[] = {"DEBUG", "INFO", "WARN", "ERROR", "NONE"};
    static const char *const wrong[] = {"", "warning", "inf", "infos", " info", "trace", "off"};
    enum log_level level;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_string_equal(log_level_name((enum log_level)i), names[i]);
        assert_true(log_level_parse(str_from(names[i]), &level));
        assert_int_equal(level, i);
    }
    assert_true(log_level_parse(STR("wArN"), &level));
    assert_int_equal(level, LOG_LEVEL_WARN);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(log_level_parse(str_from(wrong[i]), &level));
}

/* Logs `message` without a sink, and reads what it writes to stderr. */
static void read_stderr(struct buf *said, const char *message)
{
    int ends[2];
    int before = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_info("%s", message);
    dup2(before, STDERR_FILENO);
    close(before);
    close(ends[1]);
    assert_true(buf_reserve(said, 4096));
    ssize_t got = read(ends[0], said->data, 4096);
    close(ends[0]);
    assert_true(got >= 0);
    said->length = (size_t)got;
}

static void without_a_sink_a_line_goes_to_stderr(void **state)
{
    (void)state;
    BUF_AUTO struct buf said = BUF(8192);
    setenv("WCP_TEST_CLOCK", "1781150706", 1);
    read_stderr(&said, "Certificate task started for ARN");
    assert_same_text(buf_str(&said),
                     STR("2026-06-11T04:05:06Z INFO Certificate task started for ARN\n"));
}

static void the_longest_line_is_whole_on_stderr(void **state)
{
    (void)state;
    char message[LIMIT_LOG_LINE];
    BUF_AUTO struct buf said = BUF(8192);
    memset(message, 'x', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    setenv("WCP_TEST_CLOCK", "0", 1);
    read_stderr(&said, message);
    assert_true(str_starts_with(buf_str(&said), STR("1970-01-01T00:00:00Z INFO xxx")));
    assert_true(str_ends_with(buf_str(&said), STR("x\n")));
    assert_int_equal(said.length, strlen("1970-01-01T00:00:00Z INFO ") + sizeof message);
}

static void a_message_is_cut_to_a_line(void **state)
{
    (void)state;
    BUF_AUTO struct buf lines = BUF(8192);
    char message[LIMIT_LOG_LINE + 100];
    memset(message, 'x', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    capture_log(&lines);
    log_info("%s", message);
    assert_int_equal(lines.length, strlen("INFO \n") + LIMIT_LOG_LINE - 1);
}

static void a_cut_character_is_replaced(void **state)
{
    (void)state;
    BUF_AUTO struct buf lines = BUF(8192);
    char message[LIMIT_LOG_LINE + 2];
    memset(message, 'x', sizeof message);
    memcpy(message + LIMIT_LOG_LINE - 2, "\xc3\xa9", 3);
    capture_log(&lines);
    log_info("%s", message);
    assert_true(str_ends_with(buf_str(&lines), STR("x?\n")));
}

static void text_from_outside_forges_no_line_and_drives_no_terminal(void **state)
{
    (void)state;
    BUF_AUTO struct buf lines = BUF(1000);
    capture_log(&lines);
    log_info("name: %s", "box\n2026-01-01T00:00:00Z INFO forged\r\033[2Jx\x7f");
    assert_same_text(buf_str(&lines),
                     STR("INFO name: box?2026-01-01T00:00:00Z INFO forged??[2Jx?\n"));
}

/* Writes a code point as UTF-8 and returns its length; writes surrogates, too. */
static size_t utf8(unsigned point, char out[4])
{
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length; i > 1; i--, point >>= 6)
        out[i - 1] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)(first[length - 1] | point);
    return length;
}

static bool is_to_be_shown(unsigned point)
{
    bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    bool surrogate = point >= 0xd800 && point < 0xe000;
    bool override = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
    return !control && !surrogate && !override && point < 0x110000;
}

static void characters_are_shown_but_controls_and_overrides(void **state)
{
    (void)state;
    for (unsigned point = 0; point < 0x120000; point++) {
        char text[6] = "<";
        char expected[6] = "<";
        size_t length = utf8(point, text + 1);
        text[1 + length] = '>';
        memcpy(expected, text, sizeof expected);
        if (!is_to_be_shown(point))
            memset(expected + 1, '?', length);
        make_printable(text, length + 2);
        if (memcmp(text, expected, length + 2) != 0)
            fail_msg("U+%04X", point);
    }
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\x80", "?"},
        {"a\xff\xfe", "a??"},
        {"\xc0\xaf", "??"}, /* overlong */
        {"\xc1\xbf", "??"},
        {"\xe0\x9f\xbf", "???"},
        {"\xf0\x8f\xbf\xbf", "????"},
        {"\xc3", "?"}, /* cut */
        {"\xe2\x82", "??"},
        {"\xf0\x9f\x98", "???"},
        {"\xc3z", "?z"},
        {"\xe2\x82z", "??z"},
        {"\xc3\xc3\xa9", "?\xc3\xa9"},
        {"\xf5\x80\x80\x80", "????"},
        {"\xf8\x88\x80\x80\x80", "?????"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[16];
        size_t length = strlen(cases[i][0]);
        memcpy(text, cases[i][0], length + 1);
        make_printable(text, length);
        assert_string_equal(text, cases[i][1]);
    }
    make_printable(NULL, 0);
}

static void bytes_behind_the_text_are_left_alone(void **state)
{
    (void)state;
    char text[] = "ab\xe2\x82\xac";
    make_printable(text, 4);
    assert_memory_equal(text, "ab??\xac", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_level_is_info_at_first),
        cmocka_unit_test_teardown(messages_below_the_level_are_dropped, restore),
        cmocka_unit_test_teardown(what_is_to_be_said_once_is_said_once_while_it_is_remembered,
                                  restore),
        cmocka_unit_test(names_of_levels_are_read_in_any_case),
        cmocka_unit_test_teardown(without_a_sink_a_line_goes_to_stderr, restore),
        cmocka_unit_test_teardown(the_longest_line_is_whole_on_stderr, restore),
        cmocka_unit_test_teardown(a_message_is_cut_to_a_line, restore),
        cmocka_unit_test_teardown(a_cut_character_is_replaced, restore),
        cmocka_unit_test_teardown(text_from_outside_forges_no_line_and_drives_no_terminal, restore),
        cmocka_unit_test(characters_are_shown_but_controls_and_overrides),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(bytes_behind_the_text_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

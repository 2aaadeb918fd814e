/* Time, dates in the forms of AWS, HTTP and logs, and deadlines. */
#include "base/clock.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const int64_t last_second = 253402300799; /* 9999-12-31T23:59:59Z */

static int clean_environment(void **state)
{
    (void)state;
    unsetenv("WCP_TEST_CLOCK");
    unsetenv("WCP_TEST_HURRY");
    return 0;
}

static void time_is_asked_in_one_place_that_tests_can_set(void **state)
{
    (void)state;
    setenv("WCP_TEST_CLOCK", "1440938160", 1);
    assert_int_equal(clock_now(), 1440938160);
    setenv("WCP_TEST_CLOCK", "not a time", 1);
    time_t before = time(NULL);
    assert_in_range(clock_now(), before, before + 3600);
}

static void a_clock_behind_the_build_cannot_be_right(void **state)
{
    (void)state;
    int64_t built = clock_build_time();
    assert_true(built > 1700000000);
    assert_false(clock_is_plausible(0));
    assert_false(clock_is_plausible(built - 1));
    assert_true(clock_is_plausible(built));
    assert_true(clock_is_plausible(last_second));
}

/* --- writing dates --- */

static void assert_date_is_written(int64_t time)
{
    char expected[CLOCK_ISO8601_SIZE + 16];
    char actual[CLOCK_ISO8601_SIZE];
    struct tm parts;
    time_t theirs = (time_t)time;
    assert_non_null(gmtime_r(&theirs, &parts));
    strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &parts);
    clock_format_iso8601(time, actual);
    assert_string_equal(actual, expected);
    strftime(expected, sizeof expected, "%Y%m%dT%H%M%SZ", &parts);
    clock_format_compact(time, actual);
    assert_string_equal(actual, expected);
    assert_int_equal(clock_from_date((unsigned)parts.tm_year + 1900, (unsigned)parts.tm_mon + 1,
                                     (unsigned)parts.tm_mday, (unsigned)parts.tm_hour,
                                     (unsigned)parts.tm_min, (unsigned)parts.tm_sec),
                     time);
}

static void every_day_has_its_date(void **state)
{
    (void)state;
    for (int64_t time = 0; time <= 6000000000; time += 86400)
        assert_date_is_written(time);
    for (int64_t time = 0; time <= last_second; time += 86400 * 97 + 3599)
        assert_date_is_written(time);
    /* 29 February 2000: every minute, and every second of one minute. */
    for (int64_t time = 951782399; time <= 951868801; time += 61)
        assert_date_is_written(time);
    assert_date_is_written(last_second);
    assert_date_is_written(4107542399); /* 2100 is not a leap year */
    assert_date_is_written(4107542400);
}

static void times_out_of_range_are_shown_as_the_nearest_end(void **state)
{
    (void)state;
    char text[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(-1, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    clock_format_iso8601(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    clock_format_iso8601(last_second + 1, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    clock_format_iso8601(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    clock_format_compact(INT64_MAX, text);
    assert_string_equal(text, "99991231T235959Z");
}

static void dates_before_1970_are_negative(void **state)
{
    (void)state;
    assert_int_equal(clock_from_date(1969, 12, 31, 23, 59, 59), -1);
    assert_int_equal(clock_from_date(1600, 2, 29, 0, 0, 0), -11670998400);
    assert_int_equal(clock_from_date(0, 3, 1, 0, 0, 0), -62162035200);
}

/* --- reading dates --- */

static void iso8601_is_read_as_aws_writes_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2015-08-30T12:36:00Z", 1440938160},
        {"2015-08-30T12:36:00.000Z", 1440938160},
        {"2015-08-30T12:36:00.123456789Z", 1440938160},
        {"2015-08-30T12:36:00+00:00", 1440938160},
        {"2015-08-30T14:36:00+02:00", 1440938160},
        {"2015-08-30T06:06:00-06:30", 1440938160},
        {"2015-08-30T12:36:60Z", 1440938220}, /* a leap second */
        {"2038-01-19T03:14:08Z", 2147483648},
        {"9999-12-31T23:59:59Z", 253402300799},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t time = -7;
        if (!clock_parse_iso8601(str_from(cases[i].text), &time))
            fail_msg("%s", cases[i].text);
        assert_int_equal(time, cases[i].time);
    }
}

static void other_forms_of_iso8601_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2015",
        "2015-08-30",
        "2015-08-30T12:36",
        "2015-08-30T12:36:00",
        "2015-08-30 12:36:00Z",
        "2015-08-30t12:36:00Z",
        "2015-08-30T12:36:00z",
        "2015-8-30T12:36:00Z",
        "2015-08-30T12:36:0Z",
        "2015-13-30T12:36:00Z",
        "2015-00-30T12:36:00Z",
        "2015-08-32T12:36:00Z",
        "2015-08-00T12:36:00Z",
        "2015-08-30T24:36:00Z",
        "2015-08-30T12:60:00Z",
        "2015-08-30T12:36:61Z",
        "2015-08-30T12:36:00ZZ",
        "2015-08-30T12:36:00Z ",
        " 2015-08-30T12:36:00Z",
        "2015-08-30T12:36:00,5Z",
        "2015-08-30T12:36:00+2:00",
        "2015-08-30T12:36:00+0200",
        "2015-08-30T12:36:00+24:00",
        "2015-08-30T12:36:00+02:60",
        "-015-08-30T12:36:00Z",
        "12015-08-30T12:36:00Z",
        "20150830T123600Z",
        "1440938160",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t time = -7;
        if (clock_parse_iso8601(str_from(wrong[i]), &time))
            fail_msg("\"%s\" was taken", wrong[i]);
        assert_int_equal(time, -7);
    }
}

static void every_cut_date_is_refused(void **state)
{
    (void)state;
    const struct str iso = STR("2015-08-30T12:36:00.5+02:00");
    const struct str http = STR("Sun, 06 Nov 1994 08:49:37 GMT");
    int64_t time;
    for (size_t length = 0; length < iso.length; length++)
        assert_false(clock_parse_iso8601(str_take(iso, length), &time));
    for (size_t length = 0; length < http.length; length++)
        assert_false(clock_parse_http_date(str_take(http, length), &time));
}

static void the_date_header_is_read(void **state)
{
    (void)state;
    int64_t time = 0;
    assert_true(clock_parse_http_date(STR("Sun, 06 Nov 1994 08:49:37 GMT"), &time));
    assert_int_equal(time, 784111777);
    assert_true(clock_parse_http_date(STR(" Sun, 06 Nov 1994 08:49:37 GMT\t"), &time));
    assert_int_equal(time, 784111777);
    for (unsigned month = 0; month < 12; month++) {
        char text[64];
        struct tm parts = {.tm_year = 126, .tm_mon = (int)month, .tm_mday = 15, .tm_hour = 23};
        time_t expected = timegm(&parts);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        assert_true(clock_parse_http_date(str_from(text), &time));
        assert_int_equal(time, expected);
    }
}

static void other_forms_of_the_date_header_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "0",
    };
    int64_t time;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (clock_parse_http_date(str_from(wrong[i]), &time))
            fail_msg("\"%s\" was taken", wrong[i]);
}

/* --- deadlines --- */

static void a_deadline_passes(void **state)
{
    (void)state;
    assert_int_equal(deadline_left_ms(deadline_in(0)), 0);
    assert_int_equal(deadline_left_ms(deadline_in(-5000)), 0);
    int left = deadline_left_ms(deadline_in(3600 * 1000));
    assert_in_range(left, 1, 3600 * 1000);
}

static void what_is_left_fits_poll(void **state)
{
    (void)state;
    assert_int_equal(deadline_left_ms(deadline_in(INT64_MAX / 4)), INT_MAX);
}

static void the_earlier_deadline_counts(void **state)
{
    (void)state;
    const struct deadline early = {1000};
    const struct deadline late = {2000};
    assert_int_equal(deadline_earlier(early, late).at_ms, 1000);
    assert_int_equal(deadline_earlier(late, early).at_ms, 1000);
    assert_int_equal(deadline_earlier(late, late).at_ms, 2000);
}

static void tests_can_make_deadlines_shorter(void **state)
{
    (void)state;
    setenv("WCP_TEST_HURRY", "1000", 1);
    assert_in_range(deadline_left_ms(deadline_in(3600 * 1000)), 0, 3600);
    setenv("WCP_TEST_HURRY", "0", 1);
    assert_true(deadline_left_ms(deadline_in(3600 * 1000)) > 3600);
}

static void the_clock_of_deadlines_never_goes_back(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ms();
    for (unsigned i = 0; i < 10000; i++) {
        int64_t now = clock_monotonic_ms();
        assert_true(now >= before);
        before = now;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(time_is_asked_in_one_place_that_tests_can_set, clean_environment),
        cmocka_unit_test(a_clock_behind_the_build_cannot_be_right),
        cmocka_unit_test(every_day_has_its_date),
        cmocka_unit_test(times_out_of_range_are_shown_as_the_nearest_end),
        cmocka_unit_test(dates_before_1970_are_negative),
        cmocka_unit_test(iso8601_is_read_as_aws_writes_it),
        cmocka_unit_test(other_forms_of_iso8601_are_refused),
        cmocka_unit_test(every_cut_date_is_refused),
        cmocka_unit_test(the_date_header_is_read),
        cmocka_unit_test(other_forms_of_the_date_header_are_refused),
        cmocka_unit_test(a_deadline_passes),
        cmocka_unit_test(what_is_left_fits_poll),
        cmocka_unit_test(the_earlier_deadline_counts),
        cmocka_unit_test_teardown(tests_can_make_deadlines_shorter, clean_environment),
        cmocka_unit_test(the_clock_of_deadlines_never_goes_back),
    };
    return cmocka_run_group_tests(tests, clean_environment, NULL);
}

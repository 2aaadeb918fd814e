/* The schedule: fetches that the clock or an expiry brings forward. */
#include "supervisor/schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t DAY = 24 * (int64_t)HOUR;

static void assert_between(int64_t value, int64_t least, int64_t most)
{
    if (value < least || value > most)
        fail_msg("%lld is not from %lld to %lld", (long long)value, (long long)least,
                 (long long)most);
}

/* One certificate, fetched at 0. Its next fetch is a day later. */
static void init_fetched(struct schedule *schedule)
{
    static const size_t roles[] = {0};
    bool chosen[LIMIT_CERTIFICATES];
    schedule_init(schedule, roles, 1, DAY, 0);
    schedule_start_due(schedule, 0, 0, chosen);
    schedule_fetch_ended(schedule, 0, ERROR_NONE, 0);
}

/* Fetches it again at the planned time, with no change. Returns that time. */
static int64_t fetch_again(struct schedule *schedule, int64_t expires, enum error_kind outcome)
{
    bool chosen[LIMIT_CERTIFICATES];
    int64_t now = schedule_next_fetch(schedule);
    assert_int_equal(schedule_start_due(schedule, now, 0, chosen), 1);
    schedule_fetch_ended(schedule, 0, outcome, now);
    schedule_before_expiry(schedule, 0, expires, now);
    return now;
}

static void a_clock_that_jumps_ahead_by_more_than_an_hour_is_a_reason_to_fetch(void **state)
{
    struct schedule schedule;
    (void)state;
    init_fetched(&schedule);
    schedule_clock_set(&schedule, 0, HOUR, SCHEDULE_NEVER, MINUTE);
    schedule_clock_set(&schedule, 0, -2 * DAY, SCHEDULE_NEVER, MINUTE);
    assert_int_equal(schedule_next_fetch(&schedule), DAY);
    schedule_clock_set(&schedule, 0, HOUR + 1, SCHEDULE_NEVER, MINUTE);
    assert_int_equal(schedule_next_fetch(&schedule), MINUTE);
    schedule_clock_set(&schedule, 0, HOUR + 1, SCHEDULE_NEVER, 2 * MINUTE);
    assert_int_equal(schedule_next_fetch(&schedule), MINUTE);
}

static void a_clock_that_jumps_to_and_fro_is_no_storm(void **state)
{
    struct schedule schedule;
    size_t fetches = 0;
    int64_t now = MINUTE;
    (void)state;
    init_fetched(&schedule);
    for (; now < DAY; now += MINUTE) {
        schedule_clock_set(&schedule, 0, (now / MINUTE % 2 == 0 ? 1 : -1) * DAY, SCHEDULE_NEVER,
                           now);
        if (schedule_next_fetch(&schedule) <= now) {
            fetch_again(&schedule, SCHEDULE_NEVER, ERROR_NONE);
            fetches++;
        }
    }
    assert_between((int64_t)fetches, 23, 25);
}

static void what_expires_before_its_next_fetch_is_fetched_when_the_clock_is_set(void **state)
{
    struct schedule schedule;
    (void)state;
    init_fetched(&schedule);
    schedule_clock_set(&schedule, 0, MINUTE, DAY + SECOND, MINUTE);
    assert_int_equal(schedule_next_fetch(&schedule), DAY);
    schedule_clock_set(&schedule, 0, MINUTE, DAY - SECOND, MINUTE);
    assert_int_equal(schedule_next_fetch(&schedule), MINUTE);
}

static void what_expires_soon_is_tried_after_half_of_the_time_that_is_left(void **state)
{
    struct schedule schedule;
    const int64_t expires = 20 * (int64_t)HOUR;
    (void)state;
    init_fetched(&schedule);
    schedule_before_expiry(&schedule, 0, expires, 0);
    assert_int_equal(schedule_next_fetch(&schedule), expires / 2);
    fetch_again(&schedule, expires, ERROR_NONE);
    assert_int_equal(schedule_next_fetch(&schedule), expires / 4 * 3);
}

static void what_has_expired_is_tried_every_hour(void **state)
{
    struct schedule schedule;
    int64_t now = 0;
    (void)state;
    init_fetched(&schedule);
    schedule_before_expiry(&schedule, 0, -DAY, 0);
    for (int64_t hour = 1; hour < 10; hour++)
        assert_int_equal(now = fetch_again(&schedule, -DAY, ERROR_NONE), hour * HOUR);
    for (unsigned denials = 0; denials < 10; denials++) { /* alone: up to six hours */
        int64_t next = fetch_again(&schedule, -DAY, ERROR_DENIED);
        assert_between(next - now, 13 * MINUTE, HOUR);
        now = next;
    }
}

static void renewal_ends_the_hurry(void **state)
{
    struct schedule schedule;
    (void)state;
    init_fetched(&schedule);
    schedule_before_expiry(&schedule, 0, -DAY, 0);
    fetch_again(&schedule, 300 * DAY, ERROR_NONE);
    assert_int_equal(schedule_next_fetch(&schedule), DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_jumps_ahead_by_more_than_an_hour_is_a_reason_to_fetch),
        cmocka_unit_test(a_clock_that_jumps_to_and_fro_is_no_storm),
        cmocka_unit_test(what_expires_before_its_next_fetch_is_fetched_when_the_clock_is_set),
        cmocka_unit_test(what_expires_soon_is_tried_after_half_of_the_time_that_is_left),
        cmocka_unit_test(what_has_expired_is_tried_every_hour),
        cmocka_unit_test(renewal_ends_the_hurry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

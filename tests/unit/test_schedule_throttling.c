/* The schedule: what a box learns from being throttled. */
#include "supervisor/schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t DAY = 24 * (int64_t)HOUR;
static const uint32_t LEAST = 0, MOST = UINT32_MAX;

static void assert_between(int64_t value, int64_t least, int64_t most)
{
    if (value < least || value > most)
        fail_msg("%lld is not from %lld to %lld", (long long)value, (long long)least,
                 (long long)most);
}

/* Three certificates with one role, due at 0. */
static void init(struct schedule *schedule)
{
    static const size_t roles[] = {0, 0, 0};
    schedule_init(schedule, roles, 3, DAY, 0);
}

/* Fetches what is due at the planned time; certificates from `first_refused` on are throttled.
 * Returns that time. */
static int64_t fetch_due(struct schedule *schedule, size_t first_refused, uint32_t dice)
{
    bool chosen[LIMIT_CERTIFICATES];
    int64_t now = schedule_next_fetch(schedule);
    schedule_start_due(schedule, now, dice, chosen);
    for (size_t i = 0; i < schedule->count; i++)
        if (chosen[i])
            schedule_fetch_ended(schedule, i, i < first_refused ? ERROR_NONE : ERROR_THROTTLED,
                                 now);
    return now;
}

/* Is throttled until `span` ms have passed since the first time. Returns the time of the last. */
static int64_t be_throttled(struct schedule *schedule, int64_t span, size_t *times)
{
    int64_t now = fetch_due(schedule, 0, MOST / 2);
    int64_t end = now + span;
    for (*times = 1; now < end; ++*times)
        now = fetch_due(schedule, 0, MOST / 2);
    return now;
}

static void a_delay_grows_with_the_time_since_throttling_began(void **state)
{
    static const struct {
        int64_t since, least, most;
    } cases[] = {
        {0, SECOND, 4 * SECOND},
        {10 * SECOND, 2 * SECOND, 8 * SECOND},
        {MINUTE, 7 * SECOND, 28 * SECOND},
        {HOUR, 75 * SECOND, 5 * MINUTE},
        {10000 * (int64_t)HOUR, 75 * SECOND, 5 * MINUTE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint32_t failures = 1; failures < 100; failures++) {
            int64_t since = cases[i].since;
            assert_int_equal(schedule_delay(ERROR_THROTTLED, failures, since, LEAST),
                             cases[i].least);
            assert_between(schedule_delay(ERROR_THROTTLED, failures, since, MOST),
                           cases[i].most - 2, cases[i].most);
        }
}

static void an_hour_of_throttling_is_a_few_dozen_tries(void **state)
{
    struct schedule schedule;
    size_t times;
    (void)state;
    init(&schedule);
    int64_t now = be_throttled(&schedule, HOUR, &times);
    assert_between((int64_t)times, 20, 40);
    assert_between(schedule_next_fetch(&schedule) - now, 75 * SECOND, 5 * MINUTE);
}

static void one_success_is_not_the_end_of_what_was_learned(void **state)
{
    struct schedule schedule;
    size_t times;
    (void)state;
    init(&schedule);
    be_throttled(&schedule, 5 * MINUTE, &times);
    int64_t now = fetch_due(&schedule, 1, LEAST);
    assert_true(schedule_next_fetch_of(&schedule, 0) >= now + DAY);
    assert_true(schedule_next_fetch_of(&schedule, 1) > now + 30 * SECOND);
    assert_int_equal(schedule_next_fetch_of(&schedule, 2), schedule_next_fetch_of(&schedule, 1));
}

static void ten_minutes_without_it_are_the_end(void **state)
{
    struct schedule schedule;
    size_t times;
    (void)state;
    init(&schedule);
    be_throttled(&schedule, HOUR, &times);
    int64_t now = fetch_due(&schedule, 3, LEAST);
    schedule_fetch_ended(&schedule, 0, ERROR_THROTTLED, now + 11 * MINUTE);
    assert_between(schedule_next_fetch(&schedule) - now - 11 * MINUTE, SECOND, 4 * SECOND);
}

static void another_failure_is_counted_from_one(void **state)
{
    struct schedule schedule;
    size_t times;
    bool chosen[LIMIT_CERTIFICATES];
    (void)state;
    init(&schedule);
    be_throttled(&schedule, HOUR, &times);
    int64_t now = schedule_next_fetch(&schedule);
    schedule_start_due(&schedule, now, MOST, chosen);
    schedule_fetch_ended(&schedule, 0, ERROR_TRANSIENT, now);
    assert_between(schedule_next_fetch_of(&schedule, 0) - now, SECOND, 30 * SECOND);
    schedule_fetch_ended(&schedule, 0, ERROR_THROTTLED, now + SECOND);
    assert_true(schedule_next_fetch_of(&schedule, 0) > now + 75 * SECOND);
}

static void a_network_that_comes_is_no_reason_to_hurry(void **state)
{
    struct schedule schedule;
    size_t times;
    (void)state;
    init(&schedule);
    int64_t now = be_throttled(&schedule, HOUR, &times);
    int64_t next = schedule_next_fetch(&schedule);
    assert_true(schedule_has_failures(&schedule));
    schedule_retry_early(&schedule, now, 0, 0);
    assert_int_equal(schedule_next_fetch(&schedule), next);
}

/* Boxes that get through one after the other are spread over twice that time the next day. */
static void the_next_day_the_queue_is_not_met_again(void **state)
{
    struct schedule schedule;
    size_t times;
    (void)state;
    init(&schedule);
    fetch_due(&schedule, 3, MOST);
    assert_between(schedule_next_fetch(&schedule), DAY, DAY + 5 * MINUTE);
    for (unsigned most = 0; most < 2; most++) {
        init(&schedule);
        int64_t waited = be_throttled(&schedule, HOUR, &times);
        int64_t now = fetch_due(&schedule, 3, most ? MOST : LEAST);
        assert_between(schedule_next_fetch(&schedule) - now - DAY, most ? waited : 0,
                       most ? now + 5 * MINUTE : 0);
    }
}

static void a_day_of_throttling_does_not_delay_the_next_fetch_by_a_day(void **state)
{
    struct schedule schedule;
    size_t times;
    (void)state;
    init(&schedule);
    be_throttled(&schedule, DAY, &times);
    int64_t now = fetch_due(&schedule, 3, MOST);
    assert_between(schedule_next_fetch(&schedule) - now, DAY + 3 * HOUR,
                   DAY + 3 * HOUR + 5 * MINUTE);
}

static void a_new_configuration_keeps_what_was_learned(void **state)
{
    struct schedule before;
    struct schedule after;
    size_t times;
    (void)state;
    init(&before);
    int64_t now = be_throttled(&before, HOUR, &times);
    init(&after);
    schedule_carry_over(&after, 0, &before, 0, now);
    schedule_fetch_ended(&after, 1, ERROR_THROTTLED, now);
    assert_true(schedule_next_fetch_of(&after, 1) >= now + 75 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delay_grows_with_the_time_since_throttling_began),
        cmocka_unit_test(an_hour_of_throttling_is_a_few_dozen_tries),
        cmocka_unit_test(one_success_is_not_the_end_of_what_was_learned),
        cmocka_unit_test(ten_minutes_without_it_are_the_end),
        cmocka_unit_test(another_failure_is_counted_from_one),
        cmocka_unit_test(a_network_that_comes_is_no_reason_to_hurry),
        cmocka_unit_test(the_next_day_the_queue_is_not_met_again),
        cmocka_unit_test(a_day_of_throttling_does_not_delay_the_next_fetch_by_a_day),
        cmocka_unit_test(a_new_configuration_keeps_what_was_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The schedule. A test simulates years in a moment, since the schedule is given the time. */
#include "supervisor/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t DAY = 24 * (int64_t)HOUR;
static const uint32_t LEAST = 0, MOST = UINT32_MAX;

/* A reproducible source of random numbers. */
static uint32_t throw_dice(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state >> 32);
}

static void init(struct schedule *schedule, const size_t *roles, size_t count, int64_t first)
{
    schedule_init(schedule, roles, count, DAY, first);
}

static void assert_between(int64_t value, int64_t least, int64_t most)
{
    if (value < least || value > most)
        fail_msg("%lld is not from %lld to %lld", (long long)value, (long long)least,
                 (long long)most);
}

/* --- a single delay --- */

static void after_a_success_an_interval_and_up_to_five_minutes(void **state)
{
    (void)state;
    assert_int_equal(schedule_delay(ERROR_NONE, 0, DAY, LEAST), DAY);
    assert_between(schedule_delay(ERROR_NONE, 0, DAY, MOST), DAY + 5 * MINUTE - SECOND,
                   DAY + 5 * MINUTE);
    assert_between(schedule_delay(ERROR_NONE, 0, HOUR, MOST), HOUR + 5 * MINUTE - SECOND,
                   HOUR + 5 * MINUTE);
}

static void what_passes_is_tried_again_from_half_a_minute_to_an_hour(void **state)
{
    static const enum error_kind passing[] = {ERROR_TRANSIENT, ERROR_CLOCK, ERROR_INTERNAL};
    (void)state;
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        int64_t limit = 30 * SECOND;
        for (uint32_t failures = 1; failures < 2000; failures++) {
            assert_int_equal(schedule_delay(passing[i], failures, 0, LEAST), SECOND);
            assert_between(schedule_delay(passing[i], failures, 0, MOST), limit - 2, limit);
            limit = limit * 2 < HOUR ? limit * 2 : HOUR;
        }
    }
}

static void what_a_person_must_mend_waits_from_a_quarter_of_an_hour_to_six_hours(void **state)
{
    static const enum error_kind lasting[] = {ERROR_PERMANENT, ERROR_DENIED, ERROR_CONFIGURATION};
    (void)state;
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++) {
        int64_t limit = 15 * MINUTE;
        for (uint32_t failures = 1; failures < 100; failures++) {
            assert_int_equal(schedule_delay(lasting[i], failures, 0, LEAST), limit);
            assert_between(schedule_delay(lasting[i], failures, 0, MOST), limit - limit / 8, limit);
            limit = limit * 2 < 6 * (int64_t)HOUR ? limit * 2 : 6 * (int64_t)HOUR;
        }
    }
}

/* --- years --- */

/* Simulates `span` ms. `answer` returns the outcome of a fetch at a time. Returns the number of
 * batches. */
static size_t play(struct schedule *schedule, int64_t *now, int64_t span,
                   enum error_kind (*answer)(size_t certificate, int64_t now), size_t *fetches)
{
    int64_t end = *now + span;
    size_t batches = 0;
    bool chosen[LIMIT_CERTIFICATES];
    while (schedule_next_fetch(schedule) <= end) {
        *now = schedule_next_fetch(schedule) > *now ? schedule_next_fetch(schedule) : *now;
        size_t taken = schedule_start_due(schedule, *now, throw_dice(), chosen);
        assert_int_not_equal(taken, 0);
        bool role_seen[LIMIT_CERTIFICATES] = {false};
        for (size_t i = 0; i < schedule->count; i++) {
            if (!chosen[i])
                continue;
            batches += !role_seen[schedule->entries[i].role];
            role_seen[schedule->entries[i].role] = true;
            fetches[i]++;
            *now += 100; /* each takes its time */
            schedule_fetch_ended(schedule, i, answer(i, *now), *now);
        }
    }
    *now = end;
    return batches;
}

static enum error_kind succeed(size_t certificate, int64_t now)
{
    (void)certificate;
    (void)now;
    return ERROR_NONE;
}

static void ten_years_of_success_are_a_batch_a_day_for_each_role(void **state)
{
    static const size_t roles[] = {0, 0, 2, 0, 2};
    struct schedule schedule;
    size_t fetches[LIMIT_CERTIFICATES] = {0};
    int64_t now = 0;
    (void)state;
    init(&schedule, roles, 5, 3 * SECOND);
    size_t batches = play(&schedule, &now, 3650 * DAY, succeed, fetches);
    assert_between((int64_t)batches, 2 * 3637, 2 * 3650);
    for (size_t i = 1; i < 5; i++)
        assert_int_equal(fetches[i], fetches[roles[i]]);
}

/* Certificate 1 alone fails, for a day in each week. */
static enum error_kind fail_on_sundays(size_t certificate, int64_t now)
{
    return certificate == 1 && now / DAY % 7 == 6 ? ERROR_TRANSIENT : ERROR_NONE;
}

static void certificates_of_a_role_do_not_drift_apart(void **state)
{
    static const size_t roles[] = {0, 0, 0};
    struct schedule schedule;
    size_t fetches[LIMIT_CERTIFICATES] = {0};
    int64_t now = 0;
    (void)state;
    init(&schedule, roles, 3, 0);
    play(&schedule, &now, 1000 * DAY + DAY / 2, fail_on_sundays, fetches);
    assert_between((int64_t)fetches[0], 990, 1001);
    assert_int_equal(fetches[2], fetches[0]);
    assert_true(fetches[1] > fetches[0]);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(schedule.entries[i].retry_at, SCHEDULE_NEVER);
}

/* Nothing works for 40 days. */
static enum error_kind outage(size_t certificate, int64_t now)
{
    (void)certificate;
    return now < 40 * DAY ? ERROR_TRANSIENT : ERROR_NONE;
}

static void an_outage_ends_within_an_hour_and_is_no_storm(void **state)
{
    static const size_t roles[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct schedule schedule;
        size_t fetches[LIMIT_CERTIFICATES] = {0};
        int64_t now = 0;
        init(&schedule, roles, 10, 0);
        size_t batches = play(&schedule, &now, 40 * DAY, outage, fetches);
        assert_between((int64_t)batches, 40 * 24, 40 * 24 * 4);
        memset(fetches, 0, sizeof fetches);
        play(&schedule, &now, HOUR, outage, fetches);
        for (size_t i = 0; i < 10; i++)
            assert_int_equal(fetches[i], 1);
    }
}

static void what_failed_together_is_tried_again_together(void **state)
{
    static const size_t roles[] = {0, 0, 0, 3};
    struct schedule schedule;
    bool chosen[LIMIT_CERTIFICATES];
    (void)state;
    init(&schedule, roles, 4, 0);
    for (uint32_t round = 1; round < 9; round++) {
        int64_t now = schedule_next_fetch_of(&schedule, 0);
        schedule_start_due(&schedule, now, throw_dice(), chosen);
        assert_true(chosen[0] && chosen[1] && chosen[2]);
        for (size_t i = 0; i < 4; i++)
            if (chosen[i])
                schedule_fetch_ended(&schedule, i, ERROR_DENIED, now + (int64_t)i * SECOND);
    }
}

static void roles_spread(void **state)
{
    size_t roles[LIMIT_CERTIFICATES];
    struct schedule schedule;
    bool chosen[LIMIT_CERTIFICATES];
    (void)state;
    for (size_t i = 0; i < LIMIT_CERTIFICATES; i++)
        roles[i] = i;
    init(&schedule, roles, LIMIT_CERTIFICATES, 0);
    assert_int_equal(schedule_start_due(&schedule, 0, throw_dice(), chosen), LIMIT_CERTIFICATES);
    int64_t earliest = DAY * 2;
    int64_t latest = 0;
    for (size_t i = 0; i < LIMIT_CERTIFICATES; i++) {
        schedule_fetch_ended(&schedule, i, ERROR_NONE, SECOND);
        int64_t at = schedule_next_fetch_of(&schedule, i);
        earliest = at < earliest ? at : earliest;
        latest = at > latest ? at : latest;
    }
    assert_between(latest - earliest, 3 * MINUTE, 5 * MINUTE);
}

/* --- what interrupts --- */

static void a_request_for_now_reaches_everything_but_what_is_under_way(void **state)
{
    static const size_t roles[] = {0, 1};
    struct schedule schedule;
    bool chosen[LIMIT_CERTIFICATES];
    (void)state;
    init(&schedule, roles, 2, 0);
    schedule_start_due(&schedule, 0, 0, chosen);
    schedule_fetch_ended(&schedule, 0, ERROR_NONE, SECOND);
    schedule_all_now(&schedule, MINUTE);
    assert_int_equal(schedule_start_due(&schedule, MINUTE, 0, chosen), 1);
    assert_true(chosen[0] && !chosen[1]);
}

static void hurry_moves_only_what_failed_and_never_later(void **state)
{
    static const size_t roles[] = {0, 1, 2};
    struct schedule schedule;
    bool chosen[LIMIT_CERTIFICATES];
    (void)state;
    init(&schedule, roles, 3, 0);
    assert_false(schedule_has_failures(&schedule));
    schedule_start_due(&schedule, 0, MOST, chosen);
    schedule_fetch_ended(&schedule, 0, ERROR_DENIED, 0);
    schedule_fetch_ended(&schedule, 1, ERROR_NONE, 0);
    schedule_fetch_ended(&schedule, 2, ERROR_TRANSIENT, 0);
    assert_true(schedule_has_failures(&schedule));
    schedule.entries[2].retry_at = 2 * SECOND;
    schedule_retry_early(&schedule, MINUTE, 5 * SECOND, MOST);
    assert_between(schedule_next_fetch_of(&schedule, 0), MINUTE, MINUTE + 5 * SECOND);
    assert_true(schedule_next_fetch_of(&schedule, 1) >= DAY);
    assert_int_equal(schedule_next_fetch_of(&schedule, 2), 2 * SECOND);
}

static void hurry_leaves_the_jitter_of_a_fleet_that_starts(void **state)
{
    static const size_t roles[] = {0};
    struct schedule schedule;
    (void)state;
    init(&schedule, roles, 1, HOUR);
    schedule_retry_early(&schedule, MINUTE, 5 * SECOND, MOST);
    assert_int_equal(schedule_next_fetch(&schedule), HOUR);
}

static void a_thousand_changes_hurry_no_more_than_every_half_minute(void **state)
{
    int64_t last = schedule_next_early_retry(INT64_MIN / 2, 0);
    (void)state;
    assert_int_equal(last, 0);
    for (int64_t now = 1; now < 30 * SECOND; now += 30) {
        last = schedule_next_early_retry(last, now);
        assert_int_equal(last, 30 * SECOND);
    }
    assert_int_equal(schedule_next_early_retry(last, 31 * SECOND), MINUTE);
    assert_int_equal(schedule_next_early_retry(last, HOUR), HOUR);
}

static void a_new_configuration_keeps_what_it_can(void **state)
{
    static const size_t before_roles[] = {0, 0, 2};
    static const size_t after_roles[] = {0, 1, 1};
    struct schedule before;
    struct schedule after;
    bool chosen[LIMIT_CERTIFICATES];
    (void)state;
    init(&before, before_roles, 3, 0);
    schedule_start_due(&before, 0, 0, chosen);
    schedule_fetch_ended(&before, 1, ERROR_NONE, SECOND);
    schedule_fetch_ended(&before, 2, ERROR_DENIED, SECOND);
    /* Certificate 2 becomes 0, and 1 stays; 2 is new and has the role of 1. The earlier 0 was being
     * fetched and is gone. */
    init(&after, after_roles, 3, HOUR);
    schedule_carry_over(&after, 0, &before, 2, HOUR);
    schedule_carry_over(&after, 1, &before, 1, HOUR);
    assert_int_equal(schedule_next_fetch_of(&after, 0), schedule_next_fetch_of(&before, 2));
    assert_int_equal(schedule_next_fetch_of(&after, 1), schedule_next_fetch_of(&before, 1));
    assert_int_equal(after.entries[0].failures, 1);
    assert_int_equal(schedule_start_due(&after, HOUR, 0, chosen), 2);
    assert_true(chosen[0] && !chosen[1] && chosen[2]);
}

static void what_was_under_way_is_due_at_once(void **state)
{
    static const size_t roles[] = {0};
    struct schedule before;
    struct schedule after;
    bool chosen[LIMIT_CERTIFICATES];
    (void)state;
    init(&before, roles, 1, 0);
    schedule_start_due(&before, 0, 0, chosen);
    init(&after, roles, 1, HOUR);
    schedule_carry_over(&after, 0, &before, 0, MINUTE);
    assert_int_equal(schedule_next_fetch(&after), MINUTE);
}

static void a_shorter_interval_counts_at_once(void **state)
{
    static const size_t roles[] = {0};
    struct schedule before;
    struct schedule after;
    bool chosen[LIMIT_CERTIFICATES];
    (void)state;
    init(&before, roles, 1, 0);
    schedule_start_due(&before, 0, 0, chosen);
    schedule_fetch_ended(&before, 0, ERROR_NONE, 0);
    schedule_init(&after, roles, 1, HOUR, MINUTE);
    schedule_carry_over(&after, 0, &before, 0, MINUTE);
    assert_between(schedule_next_fetch(&after), HOUR, MINUTE + HOUR + 5 * MINUTE);
}

/* --- what is on disk --- */

static void files_out_of_place_are_looked_at_every_few_seconds(void **state)
{
    static const size_t roles[] = {0};
    struct schedule schedule;
    int64_t now = 0;
    (void)state;
    init(&schedule, roles, 1, 0);
    assert_int_equal(schedule_next_settling(&schedule), SCHEDULE_NEVER);
    for (unsigned i = 0; i < 1000; i++) {
        schedule_deployment_ended(&schedule, 0, SCHEDULE_UNSETTLED, MOST, now);
        assert_between(schedule_next_settling(&schedule) - now, 5 * SECOND, MINUTE);
        now = schedule_next_settling(&schedule);
    }
    schedule_deployment_ended(&schedule, 0, SCHEDULE_DEPLOYED, 0, now);
    assert_int_equal(schedule_next_settling(&schedule), SCHEDULE_NEVER);
}

static void a_failed_command_backs_off_like_what_passes(void **state)
{
    static const size_t roles[] = {0};
    struct schedule schedule;
    (void)state;
    init(&schedule, roles, 1, 0);
    schedule_deployment_ended(&schedule, 0, SCHEDULE_NOT_DEPLOYED, MOST, 0);
    assert_between(schedule_next_settling(&schedule), 29 * SECOND, 30 * SECOND);
    for (unsigned i = 0; i < 20; i++)
        schedule_deployment_ended(&schedule, 0, SCHEDULE_NOT_DEPLOYED, MOST, 0);
    assert_between(schedule_next_settling(&schedule), HOUR - SECOND, HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_success_an_interval_and_up_to_five_minutes),
        cmocka_unit_test(what_passes_is_tried_again_from_half_a_minute_to_an_hour),
        cmocka_unit_test(what_a_person_must_mend_waits_from_a_quarter_of_an_hour_to_six_hours),
        cmocka_unit_test(ten_years_of_success_are_a_batch_a_day_for_each_role),
        cmocka_unit_test(certificates_of_a_role_do_not_drift_apart),
        cmocka_unit_test(an_outage_ends_within_an_hour_and_is_no_storm),
        cmocka_unit_test(what_failed_together_is_tried_again_together),
        cmocka_unit_test(roles_spread),
        cmocka_unit_test(a_request_for_now_reaches_everything_but_what_is_under_way),
        cmocka_unit_test(hurry_moves_only_what_failed_and_never_later),
        cmocka_unit_test(hurry_leaves_the_jitter_of_a_fleet_that_starts),
        cmocka_unit_test(a_thousand_changes_hurry_no_more_than_every_half_minute),
        cmocka_unit_test(a_new_configuration_keeps_what_it_can),
        cmocka_unit_test(what_was_under_way_is_due_at_once),
        cmocka_unit_test(a_shorter_interval_counts_at_once),
        cmocka_unit_test(files_out_of_place_are_looked_at_every_few_seconds),
        cmocka_unit_test(a_failed_command_backs_off_like_what_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

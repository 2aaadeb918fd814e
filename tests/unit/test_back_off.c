/* When a worker sends a failed call again. */
#include "aws/back_off.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint32_t LEAST = 0, MOST = UINT32_MAX;
static const struct back_off three = {3, false};
static const struct back_off many = {100, false};
static const struct back_off resident = {100, true};

static void assert_waits_below(const struct back_off *policy, unsigned attempt,
                               enum error_kind kind, uint32_t limit)
{
    uint32_t wait;
    assert_true(back_off_permits(policy, attempt, kind, LEAST, &wait));
    assert_int_equal(wait, 0);
    assert_true(back_off_permits(policy, attempt, kind, MOST, &wait));
    assert_int_equal(wait, limit - 1);
}

static void the_limit_of_the_wait_doubles_to_twenty_seconds(void **state)
{
    (void)state;
    for (unsigned attempt = 1; attempt < 100; attempt++) {
        uint32_t limit = attempt < 6 ? 1000u << (attempt - 1) : 20000;
        assert_waits_below(&many, attempt, ERROR_TRANSIENT, limit);
        assert_waits_below(&many, attempt, ERROR_THROTTLED, limit < 10000 ? 2 * limit : 20000);
    }
}

static void the_last_attempt_is_the_last(void **state)
{
    uint32_t wait;
    (void)state;
    assert_true(back_off_permits(&three, 2, ERROR_TRANSIENT, MOST, &wait));
    assert_false(back_off_permits(&three, 3, ERROR_TRANSIENT, MOST, &wait));
    assert_false(back_off_permits(&three, 4, ERROR_THROTTLED, MOST, &wait));
}

static void what_does_not_pass_is_not_sent_again(void **state)
{
    static const enum error_kind lasting[] = {ERROR_CONFIGURATION, ERROR_PERMANENT, ERROR_DENIED,
                                              ERROR_CLOCK, ERROR_INTERNAL};
    uint32_t wait;
    (void)state;
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++)
        assert_false(back_off_permits(&three, 1, lasting[i], MOST, &wait));
}

static void the_agent_leaves_throttling_to_its_schedule(void **state)
{
    uint32_t wait;
    (void)state;
    assert_false(back_off_permits(&resident, 1, ERROR_THROTTLED, MOST, &wait));
    assert_true(back_off_ends_all(&resident, ERROR_THROTTLED));
    assert_true(back_off_permits(&resident, 1, ERROR_TRANSIENT, MOST, &wait));
    assert_false(back_off_ends_all(&resident, ERROR_TRANSIENT));
    assert_false(back_off_ends_all(&three, ERROR_THROTTLED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_of_the_wait_doubles_to_twenty_seconds),
        cmocka_unit_test(the_last_attempt_is_the_last),
        cmocka_unit_test(what_does_not_pass_is_not_sent_again),
        cmocka_unit_test(the_agent_leaves_throttling_to_its_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

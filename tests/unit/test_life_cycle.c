/* Every state of the deployment with every event: the next state, and whether the event counts. */
#include "supervisor/life_cycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { STATES = DEPLOYMENT_PROBE_FAILED + 1, IGNORED = 0, COUNTS = 1 };

static const char older[] = "0000000000000001";
static const char newer[] = "0000000000000002";

/* A life cycle in this state. `running` and `due` are the generations of the running and the due
 * hook. */
static struct life_cycle in_state(enum deployment deployment, const char *due, const char *running)
{
    struct life_cycle life = {.deployment = deployment};
    strcpy(life.generation, due);
    strcpy(life.running, running);
    return life;
}

static void the_end_of_a_hook_or_look_counts_only_while_one_runs(void **state)
{
    static const struct {
        enum deployment well, badly;
        int well_counts, badly_counts;
    } after[STATES] = {
        [DEPLOYMENT_DONE] = {DEPLOYMENT_DONE, DEPLOYMENT_DONE, IGNORED, IGNORED},
        [DEPLOYMENT_UNSETTLED] = {DEPLOYMENT_UNSETTLED, DEPLOYMENT_UNSETTLED, IGNORED, IGNORED},
        [DEPLOYMENT_HOOK_DUE] = {DEPLOYMENT_HOOK_DUE, DEPLOYMENT_HOOK_DUE, IGNORED, IGNORED},
        [DEPLOYMENT_HOOK_RUNNING] = {DEPLOYMENT_DONE, DEPLOYMENT_HOOK_FAILED, COUNTS, COUNTS},
        [DEPLOYMENT_HOOK_FAILED] = {DEPLOYMENT_HOOK_FAILED, DEPLOYMENT_HOOK_FAILED, IGNORED,
                                    IGNORED},
        [DEPLOYMENT_PROBE_DUE] = {DEPLOYMENT_PROBE_DUE, DEPLOYMENT_PROBE_DUE, IGNORED, IGNORED},
        [DEPLOYMENT_PROBE_RUNNING] = {DEPLOYMENT_DONE, DEPLOYMENT_PROBE_FAILED, COUNTS, COUNTS},
        [DEPLOYMENT_PROBE_FAILED] = {DEPLOYMENT_PROBE_FAILED, DEPLOYMENT_PROBE_FAILED, IGNORED,
                                     IGNORED},
    };
    (void)state;
    for (int each = 0; each < STATES; each++) {
        const char *due = each == DEPLOYMENT_HOOK_RUNNING ? older : newer;
        struct life_cycle life = in_state((enum deployment)each, due, older);
        assert_int_equal(life_cycle_step_succeeded(&life), after[each].well_counts);
        assert_int_equal(life.deployment, after[each].well);
        life = in_state((enum deployment)each, due, older);
        assert_int_equal(life_cycle_step_failed(&life), after[each].badly_counts);
        assert_int_equal(life.deployment, after[each].badly);
    }
}

static void a_newer_generation_is_taken_up_after_the_hook_that_runs(void **state)
{
    (void)state;
    bool (*const ends[])(struct life_cycle *) = {life_cycle_step_succeeded, life_cycle_step_failed};
    for (size_t i = 0; i < 2; i++) {
        struct life_cycle life = in_state(DEPLOYMENT_HOOK_DUE, older, "");
        life_cycle_hook_started(&life);
        life_cycle_hook_due(&life, newer, "changed", (struct deadline){7});
        assert_int_equal(life.deployment, DEPLOYMENT_HOOK_RUNNING);
        assert_string_equal(life.running, older);
        assert_false(ends[i](&life));
        assert_int_equal(life.deployment, DEPLOYMENT_HOOK_DUE);
        assert_string_equal(life.generation, newer);
    }
}

static void the_same_generation_found_again_asks_for_no_second_hook(void **state)
{
    (void)state;
    struct life_cycle life = in_state(DEPLOYMENT_HOOK_DUE, older, "");
    life_cycle_hook_started(&life);
    life_cycle_hook_due(&life, older, "found again", (struct deadline){7});
    assert_true(life_cycle_step_succeeded(&life));
    assert_int_equal(life.deployment, DEPLOYMENT_DONE);
}

static void a_due_hook_comes_before_everything_but_a_running_one(void **state)
{
    (void)state;
    for (int each = 0; each < STATES; each++) {
        struct life_cycle life = in_state((enum deployment)each, older, older);
        life_cycle_hook_due(&life, newer, "changed", (struct deadline){7});
        assert_int_equal(life.deployment, each == DEPLOYMENT_HOOK_RUNNING ? DEPLOYMENT_HOOK_RUNNING
                                                                          : DEPLOYMENT_HOOK_DUE);
        assert_string_equal(life.generation, newer);
        assert_string_equal(life.hook_reason, "changed");
        assert_int_equal(life.gather_until.at_ms, 7);
    }
}

static void files_that_are_not_in_place_come_before_a_hook_that_runs(void **state)
{
    (void)state;
    struct life_cycle life = in_state(DEPLOYMENT_HOOK_RUNNING, older, older);
    life_cycle_unsettled(&life);
    assert_false(life_cycle_step_succeeded(&life));
    assert_int_equal(life.deployment, DEPLOYMENT_UNSETTLED);
    assert_true(life_cycle_has_failed(&life));
}

static void what_a_new_configuration_interrupts_begins_again(void **state)
{
    (void)state;
    for (int each = 0; each < STATES; each++) {
        struct life_cycle life = in_state((enum deployment)each, older, older);
        life_cycle_restart_step(&life);
        assert_int_equal(life.deployment, each == DEPLOYMENT_HOOK_RUNNING    ? DEPLOYMENT_HOOK_DUE
                                          : each == DEPLOYMENT_PROBE_RUNNING ? DEPLOYMENT_PROBE_DUE
                                                                             : each);
    }
}

static void a_fetch_is_asked_for_once(void **state)
{
    (void)state;
    struct life_cycle life = {0};
    life_cycle_fetch_due(&life);
    assert_int_equal(life.fetch, FETCH_DUE);
    life_cycle_fetch_started(&life);
    life_cycle_fetch_due(&life);
    assert_int_equal(life.fetch, FETCH_IN_WORKER);
    life_cycle_fetch_ended(&life, FETCH_UNCHANGED);
    assert_int_equal(life.fetch, FETCH_IDLE);
    assert_true(life_cycle_has_fetched(&life));
}

static void each_question_has_its_states(void **state)
{
    static const struct {
        bool pending, under_way, failed;
    } answers[STATES] = {
        [DEPLOYMENT_DONE] = {false, false, false},
        [DEPLOYMENT_UNSETTLED] = {false, false, true},
        [DEPLOYMENT_HOOK_DUE] = {true, true, false},
        [DEPLOYMENT_HOOK_RUNNING] = {true, true, false},
        [DEPLOYMENT_HOOK_FAILED] = {true, false, true},
        [DEPLOYMENT_PROBE_DUE] = {false, true, false},
        [DEPLOYMENT_PROBE_RUNNING] = {false, true, false},
        [DEPLOYMENT_PROBE_FAILED] = {false, false, true},
    };
    (void)state;
    for (int each = 0; each < STATES; each++) {
        struct life_cycle life = {.deployment = (enum deployment)each, .result = FETCH_UPDATED};
        assert_int_equal(life_cycle_hook_is_pending(&life), answers[each].pending);
        assert_int_equal(life_cycle_step_is_active(&life), answers[each].under_way);
        assert_int_equal(life_cycle_has_failed(&life), answers[each].failed);
        life.result = FETCH_FAILED;
        assert_true(life_cycle_has_failed(&life));
        assert_false(life_cycle_has_fetched(&life));
    }
}

static void a_hook_that_cannot_be_started_fails_only_when_it_is_due(void **state)
{
    (void)state;
    for (int each = 0; each < STATES; each++) {
        struct life_cycle life = in_state((enum deployment)each, older, "");
        life_cycle_hook_not_started(&life);
        assert_int_equal(life.deployment,
                         each == DEPLOYMENT_HOOK_DUE ? DEPLOYMENT_HOOK_FAILED : each);
    }
}

static void a_hook_that_succeeds_while_due_again_for_its_own_generation_is_done(void **state)
{
    (void)state;
    struct life_cycle life = in_state(DEPLOYMENT_HOOK_DUE, older, "");
    life_cycle_hook_started(&life);
    life_cycle_unsettled(&life);
    life_cycle_hook_due(&life, older, "found by settling", (struct deadline){7});
    assert_int_equal(life.deployment, DEPLOYMENT_HOOK_DUE);
    assert_true(life_cycle_step_succeeded(&life));
    assert_int_equal(life.deployment, DEPLOYMENT_DONE);
}

static void an_older_hook_that_fails_leaves_the_newer_one_due(void **state)
{
    (void)state;
    struct life_cycle life = in_state(DEPLOYMENT_HOOK_DUE, older, "");
    life_cycle_hook_started(&life);
    life_cycle_unsettled(&life);
    life_cycle_hook_due(&life, newer, "completed", (struct deadline){7});
    assert_false(life_cycle_step_failed(&life));
    assert_int_equal(life.deployment, DEPLOYMENT_HOOK_DUE);
}

static void a_failed_probe_is_known_until_the_next_fetch(void **state)
{
    (void)state;
    struct life_cycle life = in_state(DEPLOYMENT_PROBE_DUE, "", "");
    life_cycle_probe_started(&life);
    assert_true(life_cycle_step_failed(&life));
    assert_true(life.probe_failed);
    life_cycle_fetch_ended(&life, FETCH_UPDATED);
    assert_false(life.probe_failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_a_hook_or_look_counts_only_while_one_runs),
        cmocka_unit_test(a_newer_generation_is_taken_up_after_the_hook_that_runs),
        cmocka_unit_test(the_same_generation_found_again_asks_for_no_second_hook),
        cmocka_unit_test(a_due_hook_comes_before_everything_but_a_running_one),
        cmocka_unit_test(files_that_are_not_in_place_come_before_a_hook_that_runs),
        cmocka_unit_test(what_a_new_configuration_interrupts_begins_again),
        cmocka_unit_test(a_fetch_is_asked_for_once),
        cmocka_unit_test(each_question_has_its_states),
        cmocka_unit_test(a_hook_that_cannot_be_started_fails_only_when_it_is_due),
        cmocka_unit_test(a_hook_that_succeeds_while_due_again_for_its_own_generation_is_done),
        cmocka_unit_test(an_older_hook_that_fails_leaves_the_newer_one_due),
        cmocka_unit_test(a_failed_probe_is_known_until_the_next_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

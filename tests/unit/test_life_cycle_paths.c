/* What is true of every state of a certificate that any sequence of events leads to. */
#include "support/life_states.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool reached[STATES];
static unsigned waiting[STATES];

/* What must be true of an event that leads from a state that can be reached to another one. */
static void check_step(const struct life_cycle *from, enum life_event event,
                       const struct life_cycle *to, unsigned actions)
{
    bool came_to_run =
        to->deployment == DEPLOYMENT_HOOK_RUNNING && to->deployment != from->deployment;
    bool came_to_be_done = to->deployment == DEPLOYMENT_DONE && to->deployment != from->deployment;
    assert_true(!to->is_reported || to->deployment == DEPLOYMENT_DONE);
    assert_true(to->has_hook || !to->hook_wanted);
    assert_true(to->has_server || !to->probe_wanted);
    assert_int_equal(to->has_hook, from->has_hook);
    assert_int_equal(to->has_server, from->has_server);
    if (came_to_run)
        assert_true(event == LIFE_HOOK_STARTED && from->deployment == DEPLOYMENT_HOOK_DUE);
    if (came_to_be_done)
        assert_int_equal(event, LIFE_IN_PLACE);
    if (life_cycle_is_fresh(to))
        assert_true(to->deployment == DEPLOYMENT_DONE &&
                    (to->result == FETCH_UPDATED || to->result == FETCH_UNCHANGED));
    if ((actions & ACTION_SAY_FRESH) != 0)
        assert_true(life_cycle_is_fresh(to) && !from->is_reported && to->is_reported);
    /* With the state of the files just told, fresh and reported are one. */
    if (event == LIFE_IN_PLACE && life_cycle_is_fresh(to))
        assert_true(to->is_reported && !to->hook_wanted && !to->probe_wanted);
    /* Nothing waits for ever: what has failed is planned, or examined at once. */
    if (life_cycle_has_failed(to) && !life_cycle_has_failed(from))
        assert_true((actions & (ACTION_PLAN_FETCH_RETRY | ACTION_PLAN_RETRY | ACTION_PLAN_SETTLING |
                                ACTION_CONFIRM)) != 0 ||
                    event == LIFE_TAKEN_BACK);
}

static unsigned follow_events(const struct life_cycle *from, unsigned count)
{
    for (int event = 0; event < LIFE_EVENTS; event++) {
        struct life_cycle to = *from;
        if (!life_cycle_expects(from, (enum life_event)event))
            continue;
        unsigned actions = life_cycle_next(&to, (enum life_event)event);
        check_step(from, (enum life_event)event, &to, actions);
        if (!reached[number_of(&to)]) {
            reached[number_of(&to)] = true;
            waiting[count++] = number_of(&to);
        }
    }
    return count;
}

static void no_path_leads_to_a_false_state(void **state)
{
    unsigned count = 0;
    (void)state;
    for (unsigned flags = 0; flags < 8; flags++) { /* what the configuration says */
        reached[flags] = true;
        waiting[count++] = flags;
    }
    for (unsigned i = 0; i < count; i++) {
        const struct life_cycle from = state_of(waiting[i]);
        count = follow_events(&from, count);
    }
    assert_true(count > 8 && count < STATES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_path_leads_to_a_false_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

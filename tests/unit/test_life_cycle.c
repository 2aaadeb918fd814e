/* Every state of a certificate with every event, against the table in life_cycle.h. */
#include "support/life_states.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void the_states_are_numbered(void **state)
{
    (void)state;
    for (unsigned number = 0; number < STATES; number++) {
        const struct life_cycle life = state_of(number);
        assert_int_equal(number_of(&life), number);
    }
}

/* --- the table -------------------------------------------------------------------------------- */

/* A cell of the table that names no state. */
enum { IMPOSSIBLE = -1, STAYS = -2 };

struct fetch_row {
    int next[FETCHES]; /* by enum fetch_state */
    unsigned actions;
};

/* The columns: IDLE, DUE, IN_WORKER, INSTALLING. Actions that depend on more are left out. */
static const struct fetch_row fetch_table[LIFE_TAKEN_BACK + 1] = {
    [LIFE_FETCH_DUE] = {{FETCH_DUE, STAYS, STAYS, STAYS}, 0},
    [LIFE_FETCH_STARTED] = {{IMPOSSIBLE, FETCH_IN_WORKER, IMPOSSIBLE, IMPOSSIBLE}, 0},
    [LIFE_FETCH_ENDED] = {{IMPOSSIBLE, IMPOSSIBLE, FETCH_INSTALLING, IMPOSSIBLE}, ACTION_INSTALL},
    [LIFE_UPDATED] = {{IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE, FETCH_IDLE}, ACTION_PLAN_NEXT_FETCH},
    [LIFE_UNCHANGED] = {{IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE, FETCH_IDLE}, ACTION_PLAN_NEXT_FETCH},
    [LIFE_FETCH_FAILED] = {{IMPOSSIBLE, FETCH_IDLE, FETCH_IDLE, FETCH_IDLE},
                           ACTION_PLAN_FETCH_RETRY},
    [LIFE_FETCH_ABANDONED] = {{STAYS, FETCH_IDLE, FETCH_IDLE, FETCH_IDLE}, 0},
    [LIFE_TAKEN_BACK] = {{STAYS, STAYS, STAYS, STAYS}, 0},
};

#define EVERY_DEPLOYMENT ((1U << DEPLOYMENT_STATES) - 1)
#define DONE (1U << DEPLOYMENT_DONE)
#define UNSETTLED (1U << DEPLOYMENT_UNSETTLED)
#define HOOK_DUE (1U << DEPLOYMENT_HOOK_DUE)
#define HOOK_RUNNING (1U << DEPLOYMENT_HOOK_RUNNING)
#define HOOK_FAILED (1U << DEPLOYMENT_HOOK_FAILED)
#define PROBE_DUE (1U << DEPLOYMENT_PROBE_DUE)
#define PROBE_RUNNING (1U << DEPLOYMENT_PROBE_RUNNING)
#define PROBE_FAILED (1U << DEPLOYMENT_PROBE_FAILED)
#define CONFIRMING (1U << DEPLOYMENT_CONFIRMING)

/* A row of the deployment's tables. The first row for event and state decides. Without a row, the
 * event cannot happen. IN_PLACE and PROBE_OTHER depend on more: expected_in_place and
 * expected_other. */
static const struct deployment_row {
    enum life_event event;
    unsigned from;
    int next;
    unsigned actions;
} deployment_table[] = {
    {LIFE_IN_PLACE, EVERY_DEPLOYMENT, STAYS, 0},
    {LIFE_JOURNAL, HOOK_RUNNING, STAYS, 0},
    {LIFE_JOURNAL, EVERY_DEPLOYMENT, DEPLOYMENT_HOOK_DUE, 0},
    {LIFE_JOURNAL_DONE, HOOK_RUNNING, STAYS, 0},
    {LIFE_JOURNAL_DONE, CONFIRMING, STAYS, ACTION_PLAN_RETRY},
    {LIFE_JOURNAL_DONE, EVERY_DEPLOYMENT, DEPLOYMENT_CONFIRMING, ACTION_CONFIRM},
    {LIFE_UNSETTLED, EVERY_DEPLOYMENT, DEPLOYMENT_UNSETTLED, ACTION_PLAN_SETTLING},
    {LIFE_HELD, EVERY_DEPLOYMENT, STAYS, ACTION_TRY_AGAIN},
    {LIFE_RETRY, UNSETTLED | DONE | HOOK_FAILED | PROBE_FAILED, STAYS, ACTION_EXAMINE},
    {LIFE_RETRY, CONFIRMING, STAYS, ACTION_CONFIRM},
    {LIFE_RETRY, HOOK_DUE | HOOK_RUNNING | PROBE_DUE | PROBE_RUNNING, STAYS, 0},
    {LIFE_HOOK_STARTED, HOOK_DUE, DEPLOYMENT_HOOK_RUNNING, 0},
    {LIFE_HOOK_NOT_STARTED, HOOK_DUE, DEPLOYMENT_HOOK_FAILED, ACTION_PLAN_RETRY},
    {LIFE_HOOK_SUCCEEDED, HOOK_RUNNING | HOOK_DUE, DEPLOYMENT_CONFIRMING, ACTION_CONFIRM},
    {LIFE_HOOK_SUCCEEDED, DONE | UNSETTLED | PROBE_DUE | CONFIRMING, STAYS, 0},
    {LIFE_HOOK_FAILED, HOOK_RUNNING, DEPLOYMENT_HOOK_FAILED, ACTION_PLAN_RETRY},
    {LIFE_HOOK_FAILED, DONE | UNSETTLED | HOOK_DUE | PROBE_DUE | CONFIRMING, STAYS, 0},
    {LIFE_PROBE_STARTED, PROBE_DUE, DEPLOYMENT_PROBE_RUNNING, 0},
    {LIFE_PROBE_SAME, PROBE_RUNNING, DEPLOYMENT_CONFIRMING, ACTION_CONFIRM},
    {LIFE_PROBE_SAME, DONE | UNSETTLED | HOOK_DUE | PROBE_DUE | CONFIRMING, STAYS, 0},
    {LIFE_PROBE_OTHER, PROBE_RUNNING, STAYS, 0},
    {LIFE_PROBE_OTHER, DONE | UNSETTLED | HOOK_DUE | PROBE_DUE | CONFIRMING, STAYS, 0},
    {LIFE_PROBE_FAILED, PROBE_RUNNING, DEPLOYMENT_PROBE_FAILED, ACTION_PLAN_RETRY},
    {LIFE_PROBE_FAILED, DONE | UNSETTLED | HOOK_DUE | PROBE_DUE | CONFIRMING, STAYS, 0},
    {LIFE_STEP_ABANDONED, HOOK_RUNNING, DEPLOYMENT_HOOK_DUE, 0},
    {LIFE_STEP_ABANDONED, PROBE_RUNNING, DEPLOYMENT_PROBE_DUE, 0},
    {LIFE_STEP_ABANDONED, EVERY_DEPLOYMENT, STAYS, 0},
};

static bool is_in(const struct life_cycle *life, unsigned deployments)
{
    return (1U << life->deployment & deployments) != 0;
}

static const struct deployment_row *row_for(const struct life_cycle *life, enum life_event event)
{
    for (size_t i = 0; i < sizeof deployment_table / sizeof deployment_table[0]; i++)
        if (deployment_table[i].event == event && is_in(life, deployment_table[i].from))
            return &deployment_table[i];
    return NULL;
}

static bool has_fetched(const struct life_cycle *life)
{
    return life->result == FETCH_UPDATED || life->result == FETCH_UNCHANGED;
}

/* --- what the tables say of one state and event ----------------------------------------------- */

struct expected {
    bool is_possible;
    struct life_cycle next;
    unsigned actions;
};

/* Notes (1) to (4). */
static void add_fetch_notes(const struct life_cycle *life, enum life_event event,
                            struct expected *expected)
{
    struct life_cycle *next = &expected->next;
    bool is_active = is_in(life, HOOK_DUE | HOOK_RUNNING | PROBE_DUE | PROBE_RUNNING);
    if (event == LIFE_UPDATED || event == LIFE_UNCHANGED) {
        next->result = event == LIFE_UPDATED ? FETCH_UPDATED : FETCH_UNCHANGED;
        next->probe_wanted = life->has_server;
        if (life->hook_at_start && life->has_hook)
            next->hook_wanted = true;
        next->hook_at_start = false;
        next->is_reported = false;
    } else if (event == LIFE_FETCH_FAILED) {
        next->result = FETCH_FAILED;
        if (life->fetch != FETCH_INSTALLING && !is_active)
            expected->actions |= ACTION_EXAMINE;
    } else if (event == LIFE_TAKEN_BACK && has_fetched(life)) {
        next->result = FETCH_FAILED;
        if (life->fetch == FETCH_IDLE)
            expected->actions |= ACTION_PLAN_FETCH_RETRY;
    }
}

/* With note (5). */
static void expect_in_place(const struct life_cycle *life, struct expected *expected)
{
    if (is_in(life, HOOK_RUNNING | PROBE_RUNNING))
        return;
    if (life->hook_wanted) {
        expected->next.deployment = DEPLOYMENT_HOOK_DUE;
    } else if (life->probe_wanted) {
        expected->next.deployment = DEPLOYMENT_PROBE_DUE;
    } else {
        expected->next.deployment = DEPLOYMENT_DONE;
        expected->actions = ACTION_PLAN_NOTHING;
        if (has_fetched(life) && !life->is_reported && life->fetch != FETCH_INSTALLING) {
            expected->actions |= ACTION_SAY_FRESH;
            expected->next.is_reported = true;
        }
    }
}

/* With note (8). */
static void expect_other_served(const struct life_cycle *life, struct expected *expected)
{
    if (!is_in(life, PROBE_RUNNING))
        return;
    expected->next.deployment = life->has_hook ? DEPLOYMENT_HOOK_DUE : DEPLOYMENT_PROBE_FAILED;
    expected->actions = life->has_hook ? 0 : ACTION_PLAN_RETRY;
    if (life->has_hook)
        expected->next.hook_wanted = true;
}

/* Notes (6) and (7). */
static void expect_success(const struct life_cycle *life, enum life_event event,
                           struct expected *expected)
{
    if (event == LIFE_HOOK_SUCCEEDED && is_in(life, HOOK_RUNNING | HOOK_DUE)) {
        expected->next.hook_wanted = false;
        expected->next.probe_wanted = false;
    } else if (event == LIFE_PROBE_SAME && is_in(life, PROBE_RUNNING)) {
        expected->next.probe_wanted = false;
    }
}

static struct expected expectation(const struct life_cycle *life, enum life_event event)
{
    struct expected expected = {.next = *life};
    if (event <= LIFE_TAKEN_BACK) {
        int next = fetch_table[event].next[life->fetch];
        expected.is_possible = next != IMPOSSIBLE;
        expected.actions = fetch_table[event].actions;
        if (next >= 0)
            expected.next.fetch = (enum fetch_state)next;
        add_fetch_notes(life, event, &expected);
        return expected;
    }
    const struct deployment_row *row = row_for(life, event);
    if (row == NULL)
        return expected;
    expected.is_possible = true;
    expected.actions = row->actions;
    if (row->next >= 0)
        expected.next.deployment = (enum deployment)row->next;
    if (event == LIFE_IN_PLACE)
        expect_in_place(life, &expected);
    if (event == LIFE_PROBE_OTHER)
        expect_other_served(life, &expected);
    expect_success(life, event, &expected);
    if (expected.next.deployment != DEPLOYMENT_DONE)
        expected.next.is_reported = false;
    return expected;
}

/* A state that can be reached: only what is done was reported. */
static bool is_consistent(const struct life_cycle *life)
{
    return !life->is_reported || life->deployment == DEPLOYMENT_DONE;
}

static void check_transition(const struct life_cycle *before, enum life_event event)
{
    struct expected expected = expectation(before, event);
    struct life_cycle life = *before;
    if (life_cycle_expects(before, event) != expected.is_possible)
        fail_msg("state %u, event %d: expected %d", number_of(before), (int)event,
                 expected.is_possible);
    if (!expected.is_possible)
        return;
    unsigned actions = life_cycle_next(&life, event);
    if (!is_consistent(before))
        expected.next.is_reported = life.is_reported;
    if (number_of(&life) != number_of(&expected.next) || actions != expected.actions)
        fail_msg("state %u, event %d: state %u and actions 0x%x instead of %u and 0x%x",
                 number_of(before), (int)event, number_of(&life), actions,
                 number_of(&expected.next), expected.actions);
}

static void every_state_and_event_is_as_in_the_table(void **state)
{
    (void)state;
    for (unsigned number = 0; number < STATES; number++)
        for (int event = 0; event < LIFE_EVENTS; event++) {
            const struct life_cycle life = state_of(number);
            check_transition(&life, (enum life_event)event);
        }
}

/* --- impossible events ------------------------------------------------------------------------ */

static bool aborts(const struct life_cycle *before, enum life_event event)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        struct life_cycle life = *before;
        setrlimit(RLIMIT_CORE, &no_core);
        life_cycle_next(&life, event);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* Whether an event can happen depends on the state of its part alone. */
static void an_impossible_event_aborts(void **state)
{
    unsigned count = 0;
    (void)state;
    for (int event = 0; event < LIFE_EVENTS; event++) {
        bool of_fetch = event <= LIFE_TAKEN_BACK;
        for (int each = 0; each < (of_fetch ? (int)FETCHES : (int)DEPLOYMENT_STATES); each++) {
            struct life_cycle life = {0};
            if (of_fetch)
                life.fetch = (enum fetch_state)each;
            else
                life.deployment = (enum deployment)each;
            if (expectation(&life, (enum life_event)event).is_possible)
                continue;
            if (!aborts(&life, (enum life_event)event))
                fail_msg("event %d in state %d does not abort", event, each);
            count++;
        }
    }
    assert_int_equal(count, 4 * 3 + 1 + 3 * 8 + 5 * 3);
}

/* --- questions -------------------------------------------------------------------------------- */

static void each_question_has_its_states(void **state)
{
    (void)state;
    for (unsigned number = 0; number < STATES; number++) {
        const struct life_cycle life = state_of(number);
        assert_int_equal(life_cycle_has_fetched(&life), has_fetched(&life));
        assert_int_equal(life_cycle_is_fresh(&life), has_fetched(&life) && is_in(&life, DONE) &&
                                                         life.fetch != FETCH_INSTALLING);
        assert_int_equal(life_cycle_has_failed(&life),
                         life.result == FETCH_FAILED ||
                             is_in(&life, UNSETTLED | HOOK_FAILED | PROBE_FAILED | CONFIRMING));
        assert_int_equal(life_cycle_hook_is_pending(&life),
                         is_in(&life, HOOK_DUE | HOOK_RUNNING | HOOK_FAILED));
        assert_int_equal(life_cycle_step_is_active(&life),
                         is_in(&life, HOOK_DUE | HOOK_RUNNING | PROBE_DUE | PROBE_RUNNING));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_states_are_numbered),
        cmocka_unit_test(every_state_and_event_is_as_in_the_table),
        cmocka_unit_test(an_impossible_event_aborts),
        cmocka_unit_test(each_question_has_its_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

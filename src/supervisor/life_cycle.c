#include "supervisor/life_cycle.h"

#include <stdlib.h>

/* --- which events can happen ------------------------------------------------------------------ */

#define IN(state) (1U << (state))

/* The states in which an event of the fetch, or of the deployment, can happen. */
static const unsigned fetch_states[LIFE_EVENTS] = {
    [LIFE_FETCH_STARTED] = IN(FETCH_DUE),
    [LIFE_FETCH_ENDED] = IN(FETCH_IN_WORKER),
    [LIFE_UPDATED] = IN(FETCH_INSTALLING),
    [LIFE_UNCHANGED] = IN(FETCH_INSTALLING),
    [LIFE_FETCH_FAILED] = IN(FETCH_DUE) | IN(FETCH_IN_WORKER) | IN(FETCH_INSTALLING),
};

/* While a hook runs, the files may become unsettled, and settled again. */
enum {
    AFTER_HOOK = IN(DEPLOYMENT_DONE) | IN(DEPLOYMENT_UNSETTLED) | IN(DEPLOYMENT_HOOK_DUE) |
                 IN(DEPLOYMENT_HOOK_RUNNING) | IN(DEPLOYMENT_PROBE_DUE) | IN(DEPLOYMENT_CONFIRMING),
    AFTER_PROBE = IN(DEPLOYMENT_DONE) | IN(DEPLOYMENT_UNSETTLED) | IN(DEPLOYMENT_HOOK_DUE) |
                  IN(DEPLOYMENT_PROBE_DUE) | IN(DEPLOYMENT_PROBE_RUNNING) |
                  IN(DEPLOYMENT_CONFIRMING),
};

static const unsigned deployment_states[LIFE_EVENTS] = {
    [LIFE_HOOK_STARTED] = IN(DEPLOYMENT_HOOK_DUE),
    [LIFE_HOOK_NOT_STARTED] = IN(DEPLOYMENT_HOOK_DUE),
    [LIFE_HOOK_SUCCEEDED] = AFTER_HOOK,
    [LIFE_HOOK_FAILED] = AFTER_HOOK,
    [LIFE_PROBE_STARTED] = IN(DEPLOYMENT_PROBE_DUE),
    [LIFE_PROBE_SAME] = AFTER_PROBE,
    [LIFE_PROBE_OTHER] = AFTER_PROBE,
    [LIFE_PROBE_FAILED] = AFTER_PROBE,
};

bool life_cycle_expects(const struct life_cycle *life, enum life_event event)
{
    return (fetch_states[event] == 0 || (fetch_states[event] & IN(life->fetch)) != 0) &&
           (deployment_states[event] == 0 ||
            (deployment_states[event] & IN(life->deployment)) != 0);
}

/* --- what is true of a state ------------------------------------------------------------------ */

static bool is_in(const struct life_cycle *life, unsigned states)
{
    return (states & IN(life->deployment)) != 0;
}

bool life_cycle_is_fresh(const struct life_cycle *life)
{
    return life_cycle_has_fetched(life) && life->deployment == DEPLOYMENT_DONE &&
           life->fetch != FETCH_INSTALLING;
}

bool life_cycle_has_fetched(const struct life_cycle *life)
{
    return life->result == FETCH_UPDATED || life->result == FETCH_UNCHANGED;
}

bool life_cycle_has_failed(const struct life_cycle *life)
{
    return life->result == FETCH_FAILED ||
           is_in(life, IN(DEPLOYMENT_UNSETTLED) | IN(DEPLOYMENT_HOOK_FAILED) |
                           IN(DEPLOYMENT_PROBE_FAILED) | IN(DEPLOYMENT_CONFIRMING));
}

bool life_cycle_hook_is_pending(const struct life_cycle *life)
{
    return is_in(life, IN(DEPLOYMENT_HOOK_DUE) | IN(DEPLOYMENT_HOOK_RUNNING) |
                           IN(DEPLOYMENT_HOOK_FAILED));
}

bool life_cycle_step_is_active(const struct life_cycle *life)
{
    return is_in(life, IN(DEPLOYMENT_HOOK_DUE) | IN(DEPLOYMENT_HOOK_RUNNING) |
                           IN(DEPLOYMENT_PROBE_DUE) | IN(DEPLOYMENT_PROBE_RUNNING));
}

/* --- fetching --------------------------------------------------------------------------------- */

static unsigned end_fetch(struct life_cycle *life, enum fetch_result result)
{
    life->fetch = FETCH_IDLE;
    life->result = result;
    life->is_reported = false;
    life->probe_wanted = life->has_server;
    life->hook_wanted = life->hook_wanted || (life->hook_at_start && life->has_hook);
    life->hook_at_start = false;
    return ACTION_PLAN_NEXT_FETCH;
}

static unsigned fail_fetch(struct life_cycle *life)
{
    bool examine = life->fetch != FETCH_INSTALLING && !life_cycle_step_is_active(life);
    life->fetch = FETCH_IDLE;
    life->result = FETCH_FAILED;
    return ACTION_PLAN_FETCH_RETRY | (examine ? ACTION_EXAMINE : 0U);
}

static unsigned take_back(struct life_cycle *life)
{
    if (!life_cycle_has_fetched(life))
        return 0;
    life->result = FETCH_FAILED;
    return life->fetch == FETCH_IDLE ? ACTION_PLAN_FETCH_RETRY : 0;
}

/* --- what the store has found ----------------------------------------------------------------- */

static unsigned move_to(struct life_cycle *life, enum deployment deployment, unsigned actions)
{
    life->is_reported = life->is_reported && deployment == DEPLOYMENT_DONE;
    life->deployment = deployment;
    return actions;
}

static unsigned finish(struct life_cycle *life)
{
    life->deployment = DEPLOYMENT_DONE;
    bool report = life_cycle_is_fresh(life) && !life->is_reported;
    life->is_reported = life->is_reported || report;
    return ACTION_PLAN_NOTHING | (report ? ACTION_SAY_FRESH : 0U);
}

static unsigned find_in_place(struct life_cycle *life)
{
    if (is_in(life, IN(DEPLOYMENT_HOOK_RUNNING) | IN(DEPLOYMENT_PROBE_RUNNING)))
        return 0;
    if (life->hook_wanted)
        return move_to(life, DEPLOYMENT_HOOK_DUE, 0);
    if (life->probe_wanted)
        return move_to(life, DEPLOYMENT_PROBE_DUE, 0);
    return finish(life);
}

static unsigned find_journal(struct life_cycle *life)
{
    if (life->deployment == DEPLOYMENT_HOOK_RUNNING)
        return 0;
    return move_to(life, DEPLOYMENT_HOOK_DUE, 0);
}

static unsigned find_journal_done(struct life_cycle *life)
{
    switch (life->deployment) {
    case DEPLOYMENT_HOOK_RUNNING:
        return 0;
    case DEPLOYMENT_CONFIRMING:
        return ACTION_PLAN_RETRY;
    default:
        return move_to(life, DEPLOYMENT_CONFIRMING, ACTION_CONFIRM);
    }
}

/* --- steps ------------------------------------------------------------------------------------ */

static unsigned retry(const struct life_cycle *life)
{
    if (life_cycle_step_is_active(life))
        return 0;
    return life->deployment == DEPLOYMENT_CONFIRMING ? ACTION_CONFIRM : ACTION_EXAMINE;
}

static unsigned succeed_with_hook(struct life_cycle *life)
{
    if (!is_in(life, IN(DEPLOYMENT_HOOK_RUNNING) | IN(DEPLOYMENT_HOOK_DUE)))
        return 0;
    life->hook_wanted = false;
    life->probe_wanted = false;
    return move_to(life, DEPLOYMENT_CONFIRMING, ACTION_CONFIRM);
}

/* Leaves `running` for `failed`; does nothing in another state. */
static unsigned fail_step(struct life_cycle *life, enum deployment running, enum deployment failed)
{
    return life->deployment == running ? move_to(life, failed, ACTION_PLAN_RETRY) : 0;
}

static unsigned succeed_with_probe(struct life_cycle *life)
{
    if (life->deployment != DEPLOYMENT_PROBE_RUNNING)
        return 0;
    life->probe_wanted = false;
    return move_to(life, DEPLOYMENT_CONFIRMING, ACTION_CONFIRM);
}

static unsigned find_other_served(struct life_cycle *life)
{
    if (life->deployment != DEPLOYMENT_PROBE_RUNNING || !life->has_hook)
        return fail_step(life, DEPLOYMENT_PROBE_RUNNING, DEPLOYMENT_PROBE_FAILED);
    life->hook_wanted = true;
    return move_to(life, DEPLOYMENT_HOOK_DUE, 0);
}

static unsigned abandon_step(struct life_cycle *life)
{
    if (life->deployment == DEPLOYMENT_HOOK_RUNNING)
        life->deployment = DEPLOYMENT_HOOK_DUE;
    else if (life->deployment == DEPLOYMENT_PROBE_RUNNING)
        life->deployment = DEPLOYMENT_PROBE_DUE;
    return 0;
}

/* --- all events ------------------------------------------------------------------------------- */

static unsigned next_fetch(struct life_cycle *life, enum life_event event)
{
    switch (event) {
    case LIFE_FETCH_DUE:
        life->fetch = life->fetch == FETCH_IDLE ? FETCH_DUE : life->fetch;
        return 0;
    case LIFE_FETCH_STARTED:
        life->fetch = FETCH_IN_WORKER;
        return 0;
    case LIFE_FETCH_ENDED:
        life->fetch = FETCH_INSTALLING;
        return ACTION_INSTALL;
    case LIFE_UPDATED:
        return end_fetch(life, FETCH_UPDATED);
    case LIFE_UNCHANGED:
        return end_fetch(life, FETCH_UNCHANGED);
    case LIFE_FETCH_FAILED:
        return fail_fetch(life);
    case LIFE_TAKEN_BACK:
        return take_back(life);
    default: /* LIFE_FETCH_ABANDONED */
        life->fetch = FETCH_IDLE;
        return 0;
    }
}

static unsigned next_step(struct life_cycle *life, enum life_event event)
{
    switch (event) {
    case LIFE_HOOK_STARTED:
        return move_to(life, DEPLOYMENT_HOOK_RUNNING, 0);
    case LIFE_HOOK_NOT_STARTED:
        return move_to(life, DEPLOYMENT_HOOK_FAILED, ACTION_PLAN_RETRY);
    case LIFE_HOOK_SUCCEEDED:
        return succeed_with_hook(life);
    case LIFE_HOOK_FAILED:
        return fail_step(life, DEPLOYMENT_HOOK_RUNNING, DEPLOYMENT_HOOK_FAILED);
    case LIFE_PROBE_STARTED:
        return move_to(life, DEPLOYMENT_PROBE_RUNNING, 0);
    case LIFE_PROBE_SAME:
        return succeed_with_probe(life);
    case LIFE_PROBE_OTHER:
        return find_other_served(life);
    case LIFE_PROBE_FAILED:
        return fail_step(life, DEPLOYMENT_PROBE_RUNNING, DEPLOYMENT_PROBE_FAILED);
    default: /* LIFE_STEP_ABANDONED */
        return abandon_step(life);
    }
}

unsigned life_cycle_next(struct life_cycle *life, enum life_event event)
{
    if (!life_cycle_expects(life, event))
        abort();
    switch (event) {
    case LIFE_IN_PLACE:
        return find_in_place(life);
    case LIFE_JOURNAL:
        return find_journal(life);
    case LIFE_JOURNAL_DONE:
        return find_journal_done(life);
    case LIFE_UNSETTLED:
        return move_to(life, DEPLOYMENT_UNSETTLED, ACTION_PLAN_SETTLING);
    case LIFE_HELD:
        return ACTION_TRY_AGAIN;
    case LIFE_RETRY:
        return retry(life);
    default:
        return event <= LIFE_TAKEN_BACK ? next_fetch(life, event) : next_step(life, event);
    }
}

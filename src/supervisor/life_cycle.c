#include "supervisor/life_cycle.h"

#include <string.h>

void life_cycle_fetch_due(struct life_cycle *life)
{
    if (life->fetch != FETCH_IN_WORKER)
        life->fetch = FETCH_DUE;
}

void life_cycle_fetch_started(struct life_cycle *life)
{
    life->fetch = FETCH_IN_WORKER;
}

void life_cycle_fetch_ended(struct life_cycle *life, enum fetch_result result)
{
    life->fetch = FETCH_IDLE;
    life->result = result;
    life->probe_failed = false;
}

void life_cycle_unsettled(struct life_cycle *life)
{
    life->deployment = DEPLOYMENT_UNSETTLED;
}

void life_cycle_hook_due(struct life_cycle *life, const char *generation, const char *reason,
                         struct deadline gather_until)
{
    life->hook_reason = reason;
    life->gather_until = gather_until;
    memmove(life->generation, generation, strlen(generation) + 1);
    if (life->deployment != DEPLOYMENT_HOOK_RUNNING)
        life->deployment = DEPLOYMENT_HOOK_DUE;
}

void life_cycle_probe_due(struct life_cycle *life)
{
    life->deployment = DEPLOYMENT_PROBE_DUE;
}

void life_cycle_done(struct life_cycle *life)
{
    life->deployment = DEPLOYMENT_DONE;
}

void life_cycle_hook_started(struct life_cycle *life)
{
    life->deployment = DEPLOYMENT_HOOK_RUNNING;
    memcpy(life->running, life->generation, GENERATION_SIZE);
}

void life_cycle_probe_started(struct life_cycle *life)
{
    life->deployment = DEPLOYMENT_PROBE_RUNNING;
}

/* Makes the hook due again when it became due for a newer generation while it ran. True: it is. */
static bool is_due_again(struct life_cycle *life)
{
    if (life->deployment != DEPLOYMENT_HOOK_RUNNING || strcmp(life->generation, life->running) == 0)
        return false;
    life->deployment = DEPLOYMENT_HOOK_DUE;
    return true;
}

/* True when the hook is due for the very generation that the ended one ran for. */
static bool is_due_for_what_ran(const struct life_cycle *life)
{
    return life->deployment == DEPLOYMENT_HOOK_DUE && life->running[0] != '\0' &&
           strcmp(life->generation, life->running) == 0;
}

bool life_cycle_step_succeeded(struct life_cycle *life)
{
    bool done = !is_due_again(life) &&
                (life->deployment == DEPLOYMENT_HOOK_RUNNING ||
                 life->deployment == DEPLOYMENT_PROBE_RUNNING || is_due_for_what_ran(life));
    if (done)
        life->deployment = DEPLOYMENT_DONE;
    life->running[0] = '\0';
    return done;
}

void life_cycle_hook_not_started(struct life_cycle *life)
{
    if (life->deployment == DEPLOYMENT_HOOK_DUE)
        life->deployment = DEPLOYMENT_HOOK_FAILED;
}

bool life_cycle_step_failed(struct life_cycle *life)
{
    bool due_again = is_due_again(life);
    life->running[0] = '\0';
    if (due_again)
        return false;
    switch (life->deployment) {
    case DEPLOYMENT_HOOK_RUNNING:
        life->deployment = DEPLOYMENT_HOOK_FAILED;
        return true;
    case DEPLOYMENT_PROBE_RUNNING:
        life->deployment = DEPLOYMENT_PROBE_FAILED;
        life->probe_failed = true;
        return true;
    default:
        return false;
    }
}

void life_cycle_restart_step(struct life_cycle *life)
{
    if (life->deployment == DEPLOYMENT_HOOK_RUNNING)
        life->deployment = DEPLOYMENT_HOOK_DUE;
    else if (life->deployment == DEPLOYMENT_PROBE_RUNNING)
        life->deployment = DEPLOYMENT_PROBE_DUE;
    life->running[0] = '\0';
}

bool life_cycle_hook_has_no_journal(const struct life_cycle *life)
{
    return life->generation[0] == '\0';
}

bool life_cycle_hook_is_pending(const struct life_cycle *life)
{
    return life->deployment == DEPLOYMENT_HOOK_DUE || life->deployment == DEPLOYMENT_HOOK_RUNNING ||
           life->deployment == DEPLOYMENT_HOOK_FAILED;
}

bool life_cycle_step_is_active(const struct life_cycle *life)
{
    return life->deployment == DEPLOYMENT_HOOK_DUE || life->deployment == DEPLOYMENT_HOOK_RUNNING ||
           life->deployment == DEPLOYMENT_PROBE_DUE || life->deployment == DEPLOYMENT_PROBE_RUNNING;
}

bool life_cycle_has_fetched(const struct life_cycle *life)
{
    return life->result == FETCH_UPDATED || life->result == FETCH_UNCHANGED;
}

bool life_cycle_has_failed(const struct life_cycle *life)
{
    return life->result == FETCH_FAILED || life->deployment == DEPLOYMENT_UNSETTLED ||
           life->deployment == DEPLOYMENT_HOOK_FAILED ||
           life->deployment == DEPLOYMENT_PROBE_FAILED;
}

#include "supervisor/life_cycle.h"

#include <string.h>

void life_cycle_ask(struct life_cycle *life)
{
    if (life->fetch != FETCH_IN_WORKER)
        life->fetch = FETCH_DUE;
}

void life_cycle_enter_worker(struct life_cycle *life)
{
    life->fetch = FETCH_IN_WORKER;
}

void life_cycle_fetched(struct life_cycle *life, enum fetch_result result)
{
    life->fetch = FETCH_IDLE;
    life->result = result;
}

void life_cycle_unsettled(struct life_cycle *life)
{
    life->take_up = TAKE_UP_UNSETTLED;
}

void life_cycle_hook_due(struct life_cycle *life, const char *generation, const char *reason,
                         struct deadline gather_until)
{
    life->hook_reason = reason;
    life->gather_until = gather_until;
    memmove(life->generation, generation, strlen(generation) + 1);
    if (life->take_up != TAKE_UP_HOOK_RUNNING)
        life->take_up = TAKE_UP_HOOK_DUE;
}

void life_cycle_look_due(struct life_cycle *life)
{
    life->take_up = TAKE_UP_LOOK_DUE;
}

void life_cycle_done(struct life_cycle *life)
{
    life->take_up = TAKE_UP_DONE;
}

void life_cycle_hook_started(struct life_cycle *life)
{
    life->take_up = TAKE_UP_HOOK_RUNNING;
    memcpy(life->running, life->generation, GENERATION_SIZE);
}

void life_cycle_look_started(struct life_cycle *life)
{
    life->take_up = TAKE_UP_LOOK_RUNNING;
}

/* True when a hook is due again for a generation that came while one ran. */
static bool is_due_again(struct life_cycle *life)
{
    if (life->take_up != TAKE_UP_HOOK_RUNNING || strcmp(life->generation, life->running) == 0)
        return false;
    life->take_up = TAKE_UP_HOOK_DUE;
    return true;
}

bool life_cycle_ended_well(struct life_cycle *life)
{
    if (is_due_again(life) ||
        (life->take_up != TAKE_UP_HOOK_RUNNING && life->take_up != TAKE_UP_LOOK_RUNNING))
        return false;
    life->take_up = TAKE_UP_DONE;
    return true;
}

bool life_cycle_ended_badly(struct life_cycle *life)
{
    if (is_due_again(life))
        return false;
    switch (life->take_up) {
    case TAKE_UP_HOOK_DUE:
    case TAKE_UP_HOOK_RUNNING:
        life->take_up = TAKE_UP_HOOK_FAILED;
        return true;
    case TAKE_UP_LOOK_RUNNING:
        life->take_up = TAKE_UP_LOOK_FAILED;
        return true;
    default:
        return false;
    }
}

void life_cycle_start_again(struct life_cycle *life)
{
    if (life->take_up == TAKE_UP_HOOK_RUNNING)
        life->take_up = TAKE_UP_HOOK_DUE;
    else if (life->take_up == TAKE_UP_LOOK_RUNNING)
        life->take_up = TAKE_UP_LOOK_DUE;
}

bool life_cycle_hook_is_pending(const struct life_cycle *life)
{
    return life->take_up == TAKE_UP_HOOK_DUE || life->take_up == TAKE_UP_HOOK_RUNNING ||
           life->take_up == TAKE_UP_HOOK_FAILED;
}

bool life_cycle_is_being_taken_up(const struct life_cycle *life)
{
    return life->take_up == TAKE_UP_HOOK_DUE || life->take_up == TAKE_UP_HOOK_RUNNING ||
           life->take_up == TAKE_UP_LOOK_DUE || life->take_up == TAKE_UP_LOOK_RUNNING;
}

bool life_cycle_has_fetched(const struct life_cycle *life)
{
    return life->result == FETCH_UPDATED || life->result == FETCH_UNCHANGED;
}

bool life_cycle_has_failed(const struct life_cycle *life)
{
    return life->result == FETCH_FAILED || life->take_up == TAKE_UP_UNSETTLED ||
           life->take_up == TAKE_UP_HOOK_FAILED || life->take_up == TAKE_UP_LOOK_FAILED;
}

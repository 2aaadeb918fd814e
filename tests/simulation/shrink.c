#include "simulation/shrink.h"

#include "simulation/actors.h"
#include "simulation/checks.h"

#include <string.h>

static char wanted[CHECK_TEXT]; /* the kind of the failure */

/* Keeps a simpler plan if it fails in the same way. */
static bool keep_if_failing(struct plan *plan, const struct plan *simpler)
{
    char kind[CHECK_TEXT];
    const char *failure = history_play(simpler);
    if (failure == NULL)
        return false;
    check_kind(failure, kind);
    if (strcmp(kind, wanted) != 0)
        return false;
    *plan = *simpler;
    return true;
}

static bool drop_events(struct plan *plan)
{
    bool dropped = false;
    for (unsigned i = 0; i < plan->event_count; i++) {
        struct plan simpler = *plan;
        simpler.events[i].kind = EVENT_NONE;
        if (plan->events[i].kind != EVENT_NONE && keep_if_failing(plan, &simpler))
            dropped = true;
    }
    return dropped;
}

static void simplify_world(struct plan *plan)
{
    struct plan simpler = *plan;
    simpler.bad_fetch_once_in = 0;
    keep_if_failing(plan, &simpler);
    simpler = *plan;
    simpler.bad_hook_once_in = 0;
    keep_if_failing(plan, &simpler);
    simpler = *plan;
    simpler.switch_once_in = UINT32_MAX; /* no process interrupts another one */
    keep_if_failing(plan, &simpler);
    simpler = *plan;
    simpler.certificates = 1;
    for (unsigned i = 0; i < simpler.event_count; i++)
        simpler.events[i].which = 0;
    keep_if_failing(plan, &simpler);
}

const char *plan_shrink(struct plan *plan, const char *failure)
{
    check_kind(failure, wanted);
    while (drop_events(plan))
        continue;
    simplify_world(plan);
    while (drop_events(plan))
        continue;
    return history_play(plan);
}

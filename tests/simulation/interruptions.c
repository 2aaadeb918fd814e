#include "simulation/interruptions.h"

#include "simulation/history.h"

#include <signal.h>
#include <string.h>

enum { PLANNED = 8 };

static struct event planned[PLANNED];
static unsigned count;
static bool cut;

static bool concerns(const struct event *event, const struct process *process)
{
    static const char *const victims[] = {"run", "once", "recover", ""};
    const char *victim = event->kind == EVENT_CUT ? "" : victims[event->how];
    return strncmp(process->name, victim, strlen(victim)) == 0;
}

static bool moves_file(enum call call)
{
    return call == CALL_rename || call == CALL_exchange;
}

static bool on_call(struct process *process, enum call call)
{
    for (unsigned i = 0; i < count; i++) {
        struct event *event = &planned[i];
        if (event->kind == EVENT_NONE || !concerns(event, process) ||
            (event->at_moves && !moves_file(call)))
            continue;
        if (event->after > 0) {
            event->after--;
            continue;
        }
        cut = cut || event->kind == EVENT_CUT;
        if (event->kind == EVENT_KILL) {
            history("is killed before it calls %s", call_name(call));
            process_end(process, SIGKILL);
        }
        event->kind = EVENT_NONE;
        return true;
    }
    return false;
}

void interruptions_clear(void)
{
    count = 0;
    cut = false;
    kernel_on_call(NULL);
}

void interruption_plan(const struct event *event)
{
    if (count < PLANNED)
        planned[count++] = *event;
    kernel_on_call(on_call);
}

bool interruption_cuts(void)
{
    return cut;
}

void interruption_cut_done(void)
{
    cut = false;
}

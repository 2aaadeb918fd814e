#include "simulation/commands.h"

#include "command/command.h"
#include "simulation/aws.h"
#include "simulation/box.h"
#include "simulation/checks.h"

static struct plan plan;

void commands_reset(const struct plan *of)
{
    plan = *of;
}

static void run_agent(void *context)
{
    const struct options options = {.config_path = BOX_CONFIG};
    (void)context;
    process_exit(command_run(&options));
}

static void run_recover(void *context)
{
    const struct options options = {.config_path = BOX_CONFIG};
    (void)context;
    process_exit(command_recover(&options));
}

static void run_once(void *context)
{
    const struct options options = {.config_path = BOX_CONFIG, .force = context != NULL};
    process_exit(command_once(&options));
}

static void check_once(struct process *process)
{
    for (unsigned i = 0; i < plan.certificates && process->status == 0; i++)
        if (aws_has_delivered(process, i) && (process->said_fresh >> i & 1) == 0)
            check_failed("once exits with 0, but did not say that certificate %u is fresh", i);
}

struct process *actor_start(enum actor actor, bool by_root)
{
    static const struct {
        const char *name;
        void (*entry)(void *context);
    } actors[] = {
        [ACTOR_RUN] = {"run", run_agent},
        [ACTOR_SECOND_RUN] = {"run 2", run_agent},
        [ACTOR_RECOVER] = {"recover", run_recover},
        [ACTOR_ONCE] = {"once", run_once},
        [ACTOR_ONCE_FORCE] = {"once --force", run_once},
    };
    struct process *process =
        process_new(actors[actor].name, by_root ? 0 : plan.user, actors[actor].entry,
                    actor == ACTOR_ONCE_FORCE ? &plan : NULL);
    if (actor == ACTOR_ONCE || actor == ACTOR_ONCE_FORCE)
        process->at_end = check_once;
    return process;
}

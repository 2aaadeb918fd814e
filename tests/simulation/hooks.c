#include "simulation/hooks.h"

#include "simulation/box.h"
#include "simulation/checks.h"
#include "simulation/history.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS = 16, LONGEST_MS = LIMIT_HOOK_MS + 2 * LIMIT_HOOK_GRACE_MS + 12000 };

/* A command that runs. */
static struct run {
    struct process *process; /* NULL: unused */
    unsigned command;
    int64_t started_at;
    unsigned loaded[CERTIFICATES];
    int status; /* at its end */
} runs[RUNS];

static const struct plan *plan;
static unsigned server_versions[CERTIFICATES];
static bool healed;

void hooks_reset(const struct plan *of)
{
    plan = of;
    memset(runs, 0, sizeof runs);
    memset(server_versions, 0, sizeof server_versions);
    healed = false;
}

void hooks_heal(void)
{
    healed = true;
}

unsigned hooks_server_version(unsigned certificate)
{
    return server_versions[certificate];
}

void hooks_cut(void)
{
    memset(runs, 0, sizeof runs);
}

void hooks_boot(void)
{
    for (unsigned i = 0; i < plan->certificates; i++)
        hooks_load_by_hand(i);
    checks_look_again();
}

void hooks_load_by_hand(unsigned certificate)
{
    struct set_view view = box_look(certificate);
    if (!view.pair_fits || view.version == 0)
        return;
    server_versions[certificate] = view.version;
    for (unsigned i = 0; i < RUNS; i++)
        runs[i].loaded[certificate] = view.version; /* a command that runs does not undo it */
}

static void on_end(struct process *process)
{
    for (unsigned i = 0; i < RUNS; i++) {
        struct run *run = &runs[i];
        if (run->process != process)
            continue;
        run->process = NULL;
        if (process->parent != 1 && kernel.now - run->started_at > LONGEST_MS * MILLISECONDS)
            check_failed("command %u was not ended in time", run->command);
        history_note("command %u ends with status %#x", run->command, (unsigned)process->status);
        for (unsigned c = 0; c < plan->certificates && process->status == 0; c++)
            if (plan->layouts[c].hook == run->command)
                server_versions[c] = run->loaded[c];
        checks_look_again();
    }
}

static void act(struct process *process)
{
    for (unsigned i = 0; i < RUNS; i++)
        if (runs[i].process == process) {
            process_end(process, runs[i].status);
            return;
        }
    process_end(process, 0);
}

/* Without its record, nobody knows of a command whose runner has died. */
static void check_overlap(unsigned command)
{
    for (unsigned i = 0; i < RUNS; i++)
        if (runs[i].process != NULL && runs[i].command == command && !fault_hit_call(CALL_write) &&
            kernel.now - runs[i].started_at < LONGEST_MS * MILLISECONDS)
            check_failed("command %u starts while it is still running", command);
}

/* A daemon that the command leaves behind: it holds the command's descriptors for an hour. */
static void end_daemon(struct process *process)
{
    process_end(process, 0);
}

static void leave_daemon(void)
{
    struct process *daemon = process_new("daemon", current->user, NULL, NULL);
    daemon->act = end_daemon;
    daemon->acts_at = kernel.now + 3600 * SECONDS;
    for (unsigned i = 0; i < DESCRIPTORS; i++) {
        struct file *file = current->descriptors[i].file;
        if (daemon->descriptors[i].file != NULL)
            file_release(daemon->descriptors[i].file);
        daemon->descriptors[i].file = file;
        if (file != NULL)
            file_hold(file);
    }
}

/* Decides how long the command runs and how it ends. Returns the time of its end. */
static int64_t choose_end(struct run *run)
{
    int64_t end = kernel.now + dice_between(&kernel.dice, 5, 5000) * MILLISECONDS;
    bool bad =
        !healed && plan->bad_hook_once_in > 0 && dice_hit(&kernel.dice, plan->bad_hook_once_in);
    if (dice_hit(&kernel.dice, 5))
        leave_daemon();
    if (!bad)
        return end;
    switch (dice_roll(&kernel.dice, 3)) {
    case 0:
        run->status = 1 << 8;
        return end;
    case 1: /* it hangs, until a signal ends it */
        return kernel.now + 7200 * SECONDS;
    default: /* and no signal but KILL does */
        current->ignored = ~UINT64_C(0);
        return kernel.now + 7200 * SECONDS;
    }
}

void hooks_execute(const char *command)
{
    const char *text = strrchr(command, ' ');
    unsigned number = text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
    struct run *run = runs;
    check_overlap(number);
    while (run < runs + RUNS - 1 && run->process != NULL)
        run++;
    *run = (struct run){.process = current, .command = number, .started_at = kernel.now};
    for (unsigned i = 0; i < plan->certificates; i++)
        run->loaded[i] = box_look(i).version;
    current->at_end = on_end;
    process_hand_over(act, choose_end(run));
}

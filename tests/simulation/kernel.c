#include "simulation/kernel.h"

#include "simulation/checks.h"
#include "simulation/history.h"
#include "simulation/watches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kernel kernel;
struct process *current;

static kernel_interruption interruption;

static const char *const names[CALLS] = {
#define CALL(name) #name,
#include "simulation/calls.def"
#undef CALL
};

const char *call_name(enum call call)
{
    return names[call];
}

void kernel_on_call(kernel_interruption function)
{
    interruption = function;
}

void kernel_reset(uint64_t seed)
{
    processes_cut();
    memset(&kernel, 0, sizeof kernel);
    kernel.dice.state = seed;
    kernel.randomness.state = ~seed;
    kernel.switch_once_in = 8;
    kernel.slowness = 1;
    kernel.boots = 1;
    disks_reset();
    files_reset();
    watches_reset();
    mounts_reset();
    processes_reset();
}

/* --- turns --- */

static void suspend_current(void)
{
    struct process *self = current;
    coroutine_suspend();
    current = self;
}

void call_begin(enum call call)
{
    kernel.calls++;
    current->calls++;
    kernel.now += 1000 + dice_roll(&kernel.dice, 20000 * kernel.slowness);
    bool stopped = interruption != NULL && interruption(current, call);
    if (stopped || kernel.calls > MOST_CALLS || dice_hit(&kernel.dice, kernel.switch_once_in))
        suspend_current();
}

bool process_sleep(int64_t wake_at, bool (*is_ready)(const struct process *process),
                   const struct file *waits_for)
{
    if (current->polled_count == 0 && strcmp(current->name, "run") == 0)
        check_failed("the agent waits for something else than its events");
    current->state = PROCESS_ASLEEP;
    current->wake_at = wake_at;
    current->is_ready = is_ready;
    current->waits_for = waits_for;
    suspend_current();
    current->wake_ups++;
    return is_ready != NULL && is_ready(current);
}

static bool can_run(struct process *process)
{
    if (process->state != PROCESS_ASLEEP)
        return process->state == PROCESS_READY;
    current = process; /* whose pending signals count */
    bool ready =
        process->wake_at <= kernel.now || (process->is_ready != NULL && process->is_ready(process));
    current = NULL;
    return ready;
}

/* Plays the processes without code whose time has come. */
static void play_others(void)
{
    for (unsigned i = 0; i < kernel.slots; i++) {
        struct process *process = &kernel.processes[i];
        if (process->state == PROCESS_READY && !process->has_code && process->acts_at <= kernel.now)
            process->act(process);
    }
}

static struct process *choose_process(void)
{
    struct process *ready[PROCESSES];
    unsigned count = 0;
    for (unsigned i = 0; i < kernel.slots; i++)
        if (kernel.processes[i].has_code && can_run(&kernel.processes[i]))
            ready[count++] = &kernel.processes[i];
    return count == 0 ? NULL : ready[count == 1 ? 0 : dice_roll(&kernel.dice, count)];
}

/* The next time at which something happens while everybody sleeps. */
static int64_t next_event(void)
{
    int64_t next = files_next_timer();
    for (unsigned i = 0; i < kernel.slots; i++) {
        const struct process *process = &kernel.processes[i];
        int64_t at = process->state == PROCESS_ASLEEP                        ? process->wake_at
                     : process->state == PROCESS_READY && !process->has_code ? process->acts_at
                                                                             : NEVER;
        next = at < next ? at : next;
    }
    return next;
}

static void run_one(struct process *process)
{
    process->state = PROCESS_READY;
    current = process;
    coroutine_resume(&process->coroutine);
    current = NULL;
    if (process->state == PROCESS_ZOMBIE || !process->has_code)
        coroutine_end(&process->coroutine);
}

void kernel_run_until(int64_t time, bool (*stop)(void))
{
    while ((stop == NULL || !stop()) && kernel.calls <= MOST_CALLS) {
        play_others();
        struct process *process = kernel.now < time ? choose_process() : NULL;
        if (process != NULL) {
            run_one(process);
            processes_reap();
            continue;
        }
        int64_t next = kernel.now < time ? next_event() : NEVER;
        if (next >= time) {
            kernel.now = time > kernel.now && time != NEVER ? time : kernel.now;
            return;
        }
        kernel.now = next > kernel.now ? next : kernel.now;
    }
}

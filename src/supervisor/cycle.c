#include "supervisor/cycle.h"

#include "base/file.h"
#include "store/lock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

void cycle_ask(struct cycle *cycle, size_t certificate)
{
    cycle->progress[certificate].asked = !cycle->progress[certificate].fetching;
}

void cycle_init(struct cycle *cycle, const struct config *config, const char *config_path,
                const struct cycle_listener *listener)
{
    *cycle = (struct cycle){.config = config, .config_path = config_path};
    if (listener != NULL)
        cycle->listener = *listener;
    cycle_listen(cycle);
    cycle->job.lock = -1;
    cycle->job.refresh.output = -1;
    sandbox_choose_user(config->worker_user, &cycle->user);
}

static void release(struct cycle *cycle, size_t slot)
{
    free(cycle->slots[slot]);
    cycle->slots[slot] = NULL;
}

void cycle_free(struct cycle *cycle)
{
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++) {
        if (cycle->slots[slot] != NULL)
            batch_abandon(cycle->slots[slot]);
        release(cycle, slot);
    }
    for (size_t i = 0; i < LIMIT_CERTIFICATES; i++) {
        free(cycle->statuses[i].reason);
        cycle->statuses[i].reason = NULL;
    }
    commands_free(cycle);
}

/* The role to be asked next: of those that wait, the one with the fewest failures. NULL: none may
 * have one of the `free` slots, the last of which is kept for roles without failures. */
static const char *next_role(const struct cycle *cycle, size_t free_slots)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < cycle->config->certificate_count; i++)
        if (cycle->progress[i].asked &&
            (best == SIZE_MAX || cycle->statuses[i].failures < cycle->statuses[best].failures))
            best = i;
    if (best == SIZE_MAX || (cycle->statuses[best].failures > 0 && free_slots < 2))
        return NULL;
    return cycle->config->certificates[best].role_arn;
}

static size_t take_role(struct cycle *cycle, const char *role, size_t members[LIMIT_CERTIFICATES])
{
    size_t count = 0;
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        struct certificate_progress *progress = &cycle->progress[i];
        if (!progress->asked || strcmp(role, cycle->config->certificates[i].role_arn) != 0)
            continue;
        progress->asked = false;
        progress->fetching = true;
        members[count++] = i;
    }
    return count;
}

static void start_batch(struct cycle *cycle, size_t slot, const char *role)
{
    size_t members[LIMIT_CERTIFICATES];
    size_t count = take_role(cycle, role, members);
    struct batch *batch = calloc(1, sizeof *batch);
    struct error error = error_none();
    cycle->slots[slot] = batch;
    if (batch == NULL) {
        error_no_memory(&error);
        for (size_t i = 0; i < count; i++)
            cycle_refuse(cycle, members[i], &error);
        return;
    }
    batch_init(batch, cycle->config, members, count, &cycle->user, &cycle->batch_listener);
    if (!batch_start(batch))
        release(cycle, slot);
}

static size_t count_free_slots(const struct cycle *cycle)
{
    size_t count = 0;
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++)
        count += cycle->slots[slot] == NULL;
    return count;
}

static void start_batches(struct cycle *cycle)
{
    const char *role = NULL;
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++)
        while (cycle->slots[slot] == NULL &&
               (role = next_role(cycle, count_free_slots(cycle))) != NULL)
            start_batch(cycle, slot, role);
}

bool cycle_prepare(struct cycle *cycle, struct pollfd events[CYCLE_DESCRIPTORS],
                   struct deadline *wake)
{
    start_batches(cycle);
    bool busy = commands_prepare(cycle, &events[LIMIT_WORKERS], wake);
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++) {
        const struct batch *batch = cycle->slots[slot];
        events[slot] = (struct pollfd){.fd = batch == NULL ? -1 : batch->pipe, .events = POLLIN};
        if (batch == NULL)
            continue;
        busy = true;
        *wake = deadline_earlier(*wake, batch->deadline);
    }
    return busy;
}

void cycle_go_on(struct cycle *cycle, const struct pollfd events[CYCLE_DESCRIPTORS])
{
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++) {
        struct batch *batch = cycle->slots[slot];
        if (batch == NULL)
            continue;
        if (!batch_go_on(batch, events[slot].revents != 0))
            release(cycle, slot);
        if (is_told_to_stop())
            return; /* the rest is for the next start */
    }
    commands_go_on(cycle, &events[LIMIT_WORKERS]);
}

bool cycle_run(struct cycle *cycle)
{
    struct pollfd events[CYCLE_DESCRIPTORS + 1];
    struct deadline wake = {INT64_MAX};
    struct signalfd_siginfo ignored;
    sigset_t child;
    sigset_t before;
    bool fresh = true;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    while (cycle_prepare(cycle, events, &wake)) {
        events[CYCLE_DESCRIPTORS] = (struct pollfd){.fd = children, .events = POLLIN};
        poll(events, CYCLE_DESCRIPTORS + 1, deadline_left_ms(wake));
        (void)!read(children, &ignored, sizeof ignored);
        cycle_go_on(cycle, events);
        wake.at_ms = INT64_MAX;
    }
    close_descriptor(&children);
    sigprocmask(SIG_SETMASK, &before, NULL);
    for (size_t i = 0; i < cycle->config->certificate_count; i++)
        fresh = fresh && cycle->progress[i].state != CERTIFICATE_FAILED;
    return fresh;
}

void cycle_take_over(struct cycle *cycle, struct cycle *earlier, const size_t *numbers)
{
    const struct command_job before = earlier->job;
    struct command_job *job = &cycle->job;
    *job = before;
    job->count = 0;
    earlier->job = (struct command_job){.lock = -1, .refresh.output = -1};
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        size_t number = numbers[i];
        if (number == SIZE_MAX)
            continue;
        cycle->statuses[i] = earlier->statuses[number];
        earlier->statuses[number].reason = NULL;
        cycle->progress[i] = earlier->progress[number];
        cycle->progress[i].asked = false;
        cycle->progress[i].fetching = false;
        for (size_t k = 0; k < before.count; k++)
            if (before.places[k] == number)
                job->places[job->count++] = i;
    }
    /* A worker that looks knows only the configuration it was started with. */
    for (size_t i = 0; i < job->count && job->state == JOB_LOOK; i++) {
        cycle->progress[job->places[i]].look = !before.after_command;
        cycle->progress[job->places[i]].pending = before.after_command;
    }
    if (job->state == JOB_LOOK) {
        looks_stop(cycle);
        commands_let_go(cycle);
    }
    cycle_free(earlier);
}

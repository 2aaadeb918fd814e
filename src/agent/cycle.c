#include "agent/cycle.h"

#include "base/file.h"
#include "store/install.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char *arn_of(const struct cycle *cycle, size_t certificate)
{
    return cycle->config->certificates[certificate].arn;
}

const char *cycle_advice_for(const struct error *error)
{
    if (error->advice[0] != '\0')
        return error->advice;
    switch (error->kind) {
    case ERROR_CONFIGURATION:
        return "correct the configuration (run: wcp-tiny check) or the environment";
    case ERROR_DENIED:
        return "give the agent's user, or its role in AWS, the permission";
    case ERROR_PERMANENT:
        return "look at the certificate in ACM (renew or re-import it), then run: wcp-tiny once";
    default:
        return "nothing to do now: it is tried again with the next refresh";
    }
}

/* Files that cannot be put in place are tried every few seconds, which is not said each time. */
static bool is_worth_a_line(const struct cycle *cycle, size_t certificate, const char *reason)
{
    const struct certificate_status *status = &cycle->statuses[certificate];
    return !cycle->progress[certificate].unsettled || status->reason == NULL ||
           strcmp(status->reason, reason) != 0 || (status->failures & (status->failures - 1)) == 0;
}

void cycle_fail(struct cycle *cycle, size_t certificate, const struct error *error)
{
    struct certificate_status *status = &cycle->statuses[certificate];
    BUF_AUTO struct buf reason = BUF(sizeof *error * 2);
    buf_format(&reason, "%s; %s", error->message, cycle_advice_for(error));
    make_printable(reason.data, reason.length);
    char *text = str_duplicate(buf_str(&reason));
    status->failures++;
    status->health = HEALTH_FAILING;
    cycle->progress[certificate].state = CERTIFICATE_FAILED;
    if (text == NULL || is_worth_a_line(cycle, certificate, text))
        log_error("Error refreshing certificate %s (failure #%lld): %.*s",
                  arn_of(cycle, certificate), (long long)status->failures, (int)reason.length,
                  reason.data);
    free(status->reason);
    status->reason = text;
}

void cycle_succeed(struct cycle *cycle, size_t certificate)
{
    struct certificate_status *status = &cycle->statuses[certificate];
    struct certificate_progress *progress = &cycle->progress[certificate];
    if (!progress->fetched)
        return;
    if (progress->state == CERTIFICATE_FAILED)
        progress->state = CERTIFICATE_UPDATED;
    log_info("Certificate refresh successful for %s", arn_of(cycle, certificate));
    free(status->reason);
    status->reason = NULL;
    status->failures = 0;
    status->health = HEALTH_FRESH;
    status->last_success = clock_now();
}

void cycle_tell_settled(struct cycle *cycle, size_t certificate, enum error_kind outcome)
{
    if (cycle->listener.settled != NULL)
        cycle->listener.settled(cycle->listener.context, certificate, outcome);
}

static void tell_fetched(struct cycle *cycle, size_t certificate, enum error_kind outcome)
{
    cycle->progress[certificate].fetching = false;
    if (cycle->listener.fetched != NULL)
        cycle->listener.fetched(cycle->listener.context, certificate, outcome);
}

/* What an installation leaves to do. */
static void keep_outcome(struct cycle *cycle, size_t certificate,
                         const struct install_outcome *outcome, const char *why)
{
    struct certificate_progress *progress = &cycle->progress[certificate];
    progress->unsettled = outcome->unfinished;
    if (outcome->command_pending) {
        progress->pending = true;
        progress->unconditional = false;
        progress->why = why;
        progress->gathering = deadline_in(LIMIT_COMMAND_GATHER_MS);
        memcpy(progress->generation, outcome->generation, GENERATION_SIZE);
    }
    cycle->statuses[certificate].command_pending = progress->pending;
    if (outcome->unfinished)
        cycle_tell_settled(cycle, certificate, ERROR_PERMANENT);
    else if (!progress->pending)
        cycle_tell_settled(cycle, certificate, ERROR_NONE);
}

static const char not_taken_up[] = "an earlier change is not taken up yet";

static void on_started(void *context, size_t certificate)
{
    struct cycle *cycle = context;
    cycle->statuses[certificate].last_attempt = clock_now();
    log_info("Starting certificate refresh for %s", arn_of(cycle, certificate));
}

static void log_written(const struct cycle *cycle, size_t certificate, const struct frame *frame)
{
    char until[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(frame->not_after, until);
    log_info("Certificate files written for %s: %.*s, valid until %s", arn_of(cycle, certificate),
             (int)frame->text.length, frame->text.data, until);
    if (frame->not_after < clock_now())
        log_warn("The certificate %s has expired: renew it in ACM", arn_of(cycle, certificate));
}

/* edge.refresh_on_start: as AWS's own agent does. */
static void run_first_command(struct cycle *cycle, size_t certificate)
{
    struct certificate_progress *progress = &cycle->progress[certificate];
    if (progress->first && !progress->pending &&
        cycle->config->certificates[certificate].refresh_command != NULL) {
        progress->pending = true;
        progress->unconditional = true;
        progress->why = "first refresh after the start";
        progress->gathering = deadline_in(LIMIT_COMMAND_GATHER_MS);
    }
    progress->first = false;
}

static void on_bundle(void *context, size_t certificate, const struct frame *frame)
{
    struct cycle *cycle = context;
    struct certificate_progress *progress = &cycle->progress[certificate];
    const struct certificate_config *config = &cycle->config->certificates[certificate];
    struct install_outcome outcome;
    struct error error = {0};
    progress->fetched = install_bundle(config, &frame->bundle, cycle->force, &outcome, &error);
    if (!progress->fetched) {
        progress->fetched = outcome.unfinished;
        cycle_fail(cycle, certificate, &error);
        keep_outcome(cycle, certificate, &outcome, not_taken_up);
        /* What is committed needs no second export. */
        tell_fetched(cycle, certificate, outcome.unfinished ? ERROR_NONE : error.kind);
        return;
    }
    cycle->statuses[certificate].not_after = frame->not_after;
    progress->state = outcome.changed ? CERTIFICATE_UPDATED : CERTIFICATE_UNCHANGED;
    keep_outcome(cycle, certificate, &outcome,
                 outcome.changed ? "certificate files changed" : not_taken_up);
    run_first_command(cycle, certificate);
    if (outcome.changed)
        log_written(cycle, certificate, frame);
    else if (!progress->pending && config->refresh_command != NULL)
        log_info("Skipping refresh command for %s: certificate files unchanged", config->arn);
    if (!progress->pending)
        cycle_succeed(cycle, certificate);
    tell_fetched(cycle, certificate, ERROR_NONE);
}

void cycle_settle(struct cycle *cycle, size_t certificate)
{
    struct certificate_progress *progress = &cycle->progress[certificate];
    struct install_outcome outcome;
    struct error error = {0};
    bool settled = install_recover(&cycle->config->certificates[certificate], &outcome, &error);
    bool was_unsettled = progress->unsettled;
    if (!settled) {
        outcome.unfinished = true;
        cycle_fail(cycle, certificate, &error);
    }
    keep_outcome(cycle, certificate, &outcome, not_taken_up);
    if (settled && was_unsettled && !progress->pending)
        cycle_succeed(cycle, certificate);
}

/* AWS cannot be had: what an interrupted run left is finished all the same, and its command runs.
 */
static void on_failure(void *context, size_t certificate, const struct error *error)
{
    struct cycle *cycle = context;
    struct install_outcome outcome;
    struct error unsettled = {0};
    cycle->statuses[certificate].last_attempt = clock_now();
    cycle->progress[certificate].fetched = false;
    cycle_fail(cycle, certificate, error);
    if (!install_recover(&cycle->config->certificates[certificate], &outcome, &unsettled)) {
        outcome.unfinished = true;
        log_warn("Nor can what an earlier run left be settled for %s: %s",
                 arn_of(cycle, certificate), unsettled.message);
    }
    keep_outcome(cycle, certificate, &outcome, not_taken_up);
    tell_fetched(cycle, certificate, error->kind);
}

void cycle_refuse(struct cycle *cycle, size_t certificate, const struct error *error)
{
    on_failure(cycle, certificate, error);
}

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
    cycle->batch_listener = (struct batch_listener){cycle, on_started, on_bundle, on_failure, NULL};
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
    struct error error = {0};
    cycle->slots[slot] = batch;
    if (batch == NULL) {
        error_no_memory(&error);
        for (size_t i = 0; i < count; i++)
            on_failure(cycle, members[i], &error);
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
        /* What came while another certificate was installed counts, late as it is read. */
        bool late = deadline_left_ms(batch->deadline) == 0;
        bool alive = (events[slot].revents == 0 && !late) || batch_receive(batch);
        if (alive && !late)
            continue;
        if (alive)
            batch_expire(batch);
        if (!batch_end(batch))
            release(cycle, slot);
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
    cycle_free(earlier);
}

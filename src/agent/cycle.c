#include "agent/cycle.h"

#include "agent/batch.h"
#include "store/install.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

void cycle_free(struct cycle *cycle)
{
    for (size_t i = 0; i < LIMIT_CERTIFICATES; i++) {
        free(cycle->results[i].reason);
        cycle->results[i].reason = NULL;
    }
}

static const char *arn_of(const struct cycle *cycle, size_t certificate)
{
    return cycle->config->certificates[certificate].arn;
}

/* What to do next where the place of the failure knew nothing better. */
static const char *advice_for(const struct error *error)
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

void cycle_fail(struct cycle *cycle, size_t certificate, const struct error *error)
{
    struct certificate_result *result = &cycle->results[certificate];
    BUF_AUTO struct buf reason = BUF(sizeof *error * 2);
    buf_format(&reason, "%s; %s", error->message, advice_for(error));
    free(result->reason);
    result->state = CERTIFICATE_FAILED;
    result->reason = str_duplicate(buf_str(&reason));
    log_error("Error refreshing certificate %s (failure #1): %.*s", arn_of(cycle, certificate),
              (int)reason.length, reason.data);
}

static void keep_pending(struct certificate_result *result, const struct install_outcome *outcome,
                         const char *why)
{
    if (!outcome->command_pending)
        return;
    result->pending = true;
    result->why = why;
    memcpy(result->generation, outcome->generation, GENERATION_SIZE);
}

static const char not_taken_up[] = "an earlier change is not taken up yet";

static void on_started(void *context, size_t certificate)
{
    log_info("Starting certificate refresh for %s", arn_of(context, certificate));
}

static void log_success(const struct cycle *cycle, size_t certificate)
{
    log_info("Certificate refresh successful for %s", arn_of(cycle, certificate));
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

static void on_bundle(void *context, size_t certificate, const struct frame *frame)
{
    struct cycle *cycle = context;
    struct certificate_result *result = &cycle->results[certificate];
    const struct certificate_config *config = &cycle->config->certificates[certificate];
    struct install_outcome outcome;
    struct error error = {0};
    if (!install_bundle(config, &frame->bundle, cycle->force, &outcome, &error)) {
        cycle_fail(cycle, certificate, &error);
        keep_pending(result, &outcome, not_taken_up);
        return;
    }
    result->not_after = frame->not_after;
    result->state = outcome.changed ? CERTIFICATE_UPDATED : CERTIFICATE_UNCHANGED;
    keep_pending(result, &outcome, outcome.changed ? "certificate files changed" : not_taken_up);
    if (outcome.changed)
        log_written(cycle, certificate, frame);
    else if (!result->pending && config->refresh_command != NULL)
        log_info("Skipping refresh command for %s: certificate files unchanged", config->arn);
    if (!result->pending)
        log_success(cycle, certificate);
}

/* AWS cannot be had: what an interrupted run left is finished all the same, and its command runs.
 */
static void on_failure(void *context, size_t certificate, const struct error *error)
{
    struct cycle *cycle = context;
    struct install_outcome outcome;
    struct error unsettled = {0};
    cycle_fail(cycle, certificate, error);
    if (install_recover(&cycle->config->certificates[certificate], &outcome, &unsettled))
        keep_pending(&cycle->results[certificate], &outcome, not_taken_up);
    else
        log_warn("Nor can what an earlier run left be settled for %s: %s",
                 arn_of(cycle, certificate), unsettled.message);
}

/* Takes the next certificates that share a role and are in no batch yet. */
static size_t next_batch(const struct cycle *cycle, bool taken[LIMIT_CERTIFICATES],
                         size_t members[LIMIT_CERTIFICATES])
{
    const struct config *config = cycle->config;
    const char *role = NULL;
    size_t count = 0;
    for (size_t i = 0; i < config->certificate_count; i++) {
        if (!cycle->chosen[i] || taken[i])
            continue;
        if (role == NULL)
            role = config->certificates[i].role_arn;
        if (strcmp(role, config->certificates[i].role_arn) != 0)
            continue;
        taken[i] = true;
        members[count++] = i;
    }
    return count;
}

/* The batches under way; a slot without a worker is free. */
struct running {
    struct batch *slots[LIMIT_WORKERS];
    struct batch_listener listener;
    struct worker_user user;
};

static void release(struct running *running, size_t slot)
{
    free(running->slots[slot]);
    running->slots[slot] = NULL;
}

/* Starts batches while slots are free and certificates are left; true while there is something
 * under way. */
static bool start_batches(struct cycle *cycle, struct running *running,
                          bool taken[LIMIT_CERTIFICATES])
{
    size_t members[LIMIT_CERTIFICATES];
    bool any = false;
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++) {
        while (running->slots[slot] == NULL) {
            size_t count = next_batch(cycle, taken, members);
            if (count == 0)
                break;
            struct batch *batch = calloc(1, sizeof *batch);
            struct error error = {0};
            running->slots[slot] = batch;
            if (batch == NULL) {
                error_no_memory(&error);
                for (size_t i = 0; i < count; i++)
                    cycle_fail(cycle, members[i], &error);
                continue;
            }
            batch_init(batch, cycle->config, members, count, &running->user, &running->listener);
            if (!batch_start(batch))
                release(running, slot);
        }
        any = any || running->slots[slot] != NULL;
    }
    return any;
}

static void wait_for_reports(struct running *running)
{
    struct pollfd events[LIMIT_WORKERS];
    int timeout = -1;
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++) {
        const struct batch *batch = running->slots[slot];
        events[slot] = (struct pollfd){.fd = batch == NULL ? -1 : batch->pipe, .events = POLLIN};
        int left = batch == NULL ? -1 : deadline_left_ms(batch->deadline);
        if (left >= 0 && (timeout < 0 || left < timeout))
            timeout = left;
    }
    poll(events, LIMIT_WORKERS, timeout);
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++) {
        struct batch *batch = running->slots[slot];
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
            release(running, slot);
    }
}

/* The end of every cycle: the commands, and whether all is well. */
static bool finish(struct cycle *cycle)
{
    bool fresh = true;
    cycle_run_commands(cycle);
    for (size_t i = 0; i < cycle->config->certificate_count; i++)
        fresh = fresh && cycle->results[i].state != CERTIFICATE_FAILED;
    return fresh;
}

bool cycle_run_without_network(struct cycle *cycle, const struct error *error)
{
    for (size_t i = 0; i < cycle->config->certificate_count; i++)
        if (cycle->chosen[i])
            on_failure(cycle, i, error);
    return finish(cycle);
}

bool cycle_run(struct cycle *cycle)
{
    bool taken[LIMIT_CERTIFICATES] = {false};
    struct running running = {
        .listener = {cycle, on_started, on_bundle, on_failure},
    };
    sandbox_choose_user(cycle->config->worker_user, &running.user);
    while (start_batches(cycle, &running, taken))
        wait_for_reports(&running);
    return finish(cycle);
}

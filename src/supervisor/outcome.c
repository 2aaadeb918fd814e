/* What becomes of a certificate that was fetched, or could not be: installed, said, remembered.
 * Declared in cycle.h. */
#include "store/install.h"
#include "supervisor/cycle.h"

#include <stdlib.h>
#include <string.h>

static const char *arn_of(const struct cycle *cycle, size_t certificate)
{
    return cycle->config->certificates[certificate].arn;
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
    buf_format(&reason, "%s; %s", error->message, error_advice(error));
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
    if (outcome->hook_pending) {
        progress->pending = true;
        progress->unconditional = false;
        progress->why = why;
        progress->gathering = deadline_in(LIMIT_HOOK_GATHER_MS);
        memcpy(progress->generation, outcome->generation, GENERATION_SIZE);
    }
    cycle->statuses[certificate].hook_pending = progress->pending;
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

/* The files are in place and no command is to run. */
static void finish_without_command(struct cycle *cycle, size_t certificate)
{
    const struct certificate_config *config = &cycle->config->certificates[certificate];
    struct certificate_progress *progress = &cycle->progress[certificate];
    bool first = progress->first && config->refresh_command != NULL;
    progress->first = false;
    if (first) { /* edge.refresh_on_start: as AWS's own agent does */
        commands_ask(cycle, certificate, "first refresh after the start");
        return;
    }
    if (progress->state == CERTIFICATE_UNCHANGED && config->refresh_command != NULL)
        log_info("Skipping refresh command for %s: certificate files unchanged", config->arn);
    progress->look = config->served_at != NULL;
    if (!progress->look)
        cycle_succeed(cycle, certificate);
}

static void on_bundle(void *context, size_t certificate, const struct frame *frame)
{
    struct cycle *cycle = context;
    struct certificate_progress *progress = &cycle->progress[certificate];
    const struct certificate_config *config = &cycle->config->certificates[certificate];
    struct install_outcome outcome;
    struct error error = error_none();
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
    if (outcome.changed)
        log_written(cycle, certificate, frame);
    if (!progress->pending)
        finish_without_command(cycle, certificate);
    tell_fetched(cycle, certificate, ERROR_NONE);
}

void cycle_settle(struct cycle *cycle, size_t certificate)
{
    struct certificate_progress *progress = &cycle->progress[certificate];
    struct install_outcome outcome;
    struct error error = error_none();
    if (progress->pending || commands_concern(cycle, certificate))
        return; /* what comes of it will be told */
    bool settled = install_recover(&cycle->config->certificates[certificate], &outcome, &error);
    bool was_unsettled = progress->unsettled;
    if (!settled) {
        outcome.unfinished = true;
        cycle_fail(cycle, certificate, &error);
    }
    keep_outcome(cycle, certificate, &outcome, not_taken_up);
    if (progress->pending || !settled)
        return;
    if (was_unsettled)
        finish_without_command(cycle, certificate);
    else if (progress->unconditional)
        commands_ask(cycle, certificate, progress->why);
    else if (cycle->statuses[certificate].served > SERVED_SAME)
        progress->look = true;
}

/* AWS cannot be had: what an interrupted run left is finished all the same, and its command runs.
 */
static void on_failure(void *context, size_t certificate, const struct error *error)
{
    struct cycle *cycle = context;
    struct install_outcome outcome;
    struct error unsettled = error_none();
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

void cycle_listen(struct cycle *cycle)
{
    cycle->batch_listener = (struct batch_listener){
        .context = cycle, .started = on_started, .bundle = on_bundle, .failure = on_failure};
}

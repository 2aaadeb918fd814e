#include "supervisor/certificate.h"
#include "base/format.h"

#include "store/install.h"

#include <stdlib.h>
#include <string.h>

static const char reason_changed[] = "certificate files changed";
static const char reason_earlier[] = "an earlier change is not taken up yet";

/* --- status and log --------------------------------------------------------------------------- */

/* Files that cannot be put in place are tried every few seconds, which is not said each time. */
static bool is_worth_a_line(const struct certificate *certificate, const char *reason)
{
    const struct certificate_status *status = &certificate->status;
    return certificate->life.take_up != TAKE_UP_UNSETTLED || status->reason == NULL ||
           strcmp(status->reason, reason) != 0 || (status->failures & (status->failures - 1)) == 0;
}

static void count_failure(struct certificate *certificate, const struct error *error)
{
    struct certificate_status *status = &certificate->status;
    BUF_AUTO struct buf reason = BUF(sizeof *error * 2);
    buf_format(&reason, "%s; %s", error->message, error_advice(error));
    make_printable(reason.data, reason.length);
    char *text = str_duplicate(buf_str(&reason));
    status->failures++;
    status->health = HEALTH_FAILING;
    if (text == NULL || is_worth_a_line(certificate, text))
        log_error("Error refreshing certificate %s (failure #%lld): %.*s", certificate->config->arn,
                  (long long)status->failures, (int)reason.length, reason.data);
    free(status->reason);
    status->reason = text;
}

static void tell_fetch_ended(struct certificate *certificate, enum error_kind error)
{
    certificate->news.fetch_ended = true;
    certificate->news.fetch_error = error;
}

static void tell_take_up_ended(struct certificate *certificate, enum schedule_take_up take_up)
{
    certificate->news.take_up_ended = true;
    certificate->news.take_up = take_up;
}

/* Nothing is left to do with what is on disk. */
static void finish_take_up(struct certificate *certificate)
{
    struct certificate_status *status = &certificate->status;
    life_cycle_done(&certificate->life);
    tell_take_up_ended(certificate, SCHEDULE_TAKEN_UP);
    if (!life_cycle_has_fetched(&certificate->life))
        return;
    log_info("Certificate refresh successful for %s", certificate->config->arn);
    free(status->reason);
    status->reason = NULL;
    status->failures = 0;
    status->health = HEALTH_FRESH;
    status->last_success = clock_now();
}

static void log_written(const struct certificate *certificate, const struct frame *frame)
{
    char until[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(frame->not_after, until);
    log_info("Certificate files written for %s: %.*s, valid until %s", certificate->config->arn,
             (int)frame->text.length, frame->text.data, until);
    if (frame->not_after < clock_now())
        log_warn("The certificate %s has expired: renew it in ACM", certificate->config->arn);
}

/* --- what is on disk -------------------------------------------------------------------------- */

static void ask_for_hook(struct certificate *certificate, const char *generation,
                         const char *reason)
{
    life_cycle_hook_due(&certificate->life, generation, reason, deadline_in(LIMIT_HOOK_GATHER_MS));
}

static void become_unsettled(struct certificate *certificate)
{
    life_cycle_unsettled(&certificate->life);
    tell_take_up_ended(certificate, SCHEDULE_NOT_IN_PLACE);
}

static void look_or_finish(struct certificate *certificate)
{
    if (certificate->config->served_at != NULL)
        life_cycle_look_due(&certificate->life);
    else
        finish_take_up(certificate);
}

/* The files are in place and no journal asks for the hook. */
static void take_up_without_journal(struct certificate *certificate)
{
    const struct certificate_config *config = certificate->config;
    if (certificate->hook_at_first_fetch && config->refresh_command != NULL &&
        life_cycle_has_fetched(&certificate->life)) {
        certificate->hook_at_first_fetch = false;
        ask_for_hook(certificate, "", "first refresh after the start");
        return;
    }
    if (certificate->life.result == FETCH_UNCHANGED && config->refresh_command != NULL)
        log_info("Skipping refresh command for %s: certificate files unchanged", config->arn);
    look_or_finish(certificate);
}

/* What the store leaves to do when the certificate was not installed. */
static void go_on_with(struct certificate *certificate, const struct install_outcome *outcome)
{
    if (outcome->unfinished)
        become_unsettled(certificate);
    else if (outcome->hook_pending)
        ask_for_hook(certificate, outcome->generation, reason_earlier);
    else if (certificate->life.take_up == TAKE_UP_UNSETTLED)
        take_up_without_journal(certificate);
}

/* No journal is there, and nothing is under way: a failed attempt begins again, or it was made good
 * by another process. */
static void settle_without_journal(struct certificate *certificate)
{
    switch (certificate->life.take_up) {
    case TAKE_UP_HOOK_FAILED:
        if (certificate->life.generation[0] == '\0')
            ask_for_hook(certificate, "", certificate->life.hook_reason);
        else
            take_up_without_journal(certificate);
        break;
    case TAKE_UP_LOOK_FAILED:
        life_cycle_look_due(&certificate->life);
        break;
    default:
        tell_take_up_ended(certificate, SCHEDULE_TAKEN_UP);
        break;
    }
}

void certificate_settle(struct certificate *certificate)
{
    struct install_outcome outcome;
    struct error error = error_none();
    if (life_cycle_is_being_taken_up(&certificate->life))
        return;
    if (!install_recover(certificate->config, &outcome, &error)) {
        count_failure(certificate, &error);
        become_unsettled(certificate);
    } else if (outcome.unfinished || outcome.hook_pending ||
               certificate->life.take_up == TAKE_UP_UNSETTLED) {
        go_on_with(certificate, &outcome);
    } else {
        settle_without_journal(certificate);
    }
}

/* --- fetching --------------------------------------------------------------------------------- */

void certificate_fetch_started(struct certificate *certificate)
{
    certificate->status.last_attempt = clock_now();
    log_info("Starting certificate refresh for %s", certificate->config->arn);
}

static void install_failed(struct certificate *certificate, const struct install_outcome *outcome,
                           const struct error *error)
{
    /* What is committed needs no second export. */
    bool committed = outcome->unfinished;
    life_cycle_fetched(&certificate->life, committed ? FETCH_UPDATED : FETCH_FAILED);
    count_failure(certificate, error);
    go_on_with(certificate, outcome);
    tell_fetch_ended(certificate, committed ? ERROR_NONE : error->kind);
}

void certificate_fetched(struct certificate *certificate, const struct frame *frame, bool force)
{
    struct life_cycle *life = &certificate->life;
    struct install_outcome outcome;
    struct error error = error_none();
    if (!install_bundle(certificate->config, &frame->bundle, force, &outcome, &error)) {
        install_failed(certificate, &outcome, &error);
        return;
    }
    life_cycle_fetched(life, outcome.changed ? FETCH_UPDATED : FETCH_UNCHANGED);
    tell_fetch_ended(certificate, ERROR_NONE);
    certificate->status.not_after = frame->not_after;
    if (outcome.changed)
        log_written(certificate, frame);
    if (outcome.hook_pending)
        ask_for_hook(certificate, outcome.generation,
                     outcome.changed ? reason_changed : reason_earlier);
    else if (life->take_up != TAKE_UP_HOOK_DUE && life->take_up != TAKE_UP_HOOK_RUNNING)
        take_up_without_journal(certificate);
}

void certificate_fetch_failed(struct certificate *certificate, const struct error *error)
{
    struct install_outcome outcome;
    struct error unsettled = error_none();
    certificate->status.last_attempt = clock_now();
    life_cycle_fetched(&certificate->life, FETCH_FAILED);
    count_failure(certificate, error);
    tell_fetch_ended(certificate, error->kind);
    if (!install_recover(certificate->config, &outcome, &unsettled)) {
        outcome.unfinished = true;
        log_warn("Nor can what an earlier run left be settled for %s: %s", certificate->config->arn,
                 unsettled.message);
    }
    go_on_with(certificate, &outcome);
}

/* --- the hook, and the look at the server ----------------------------------------------------- */

bool certificate_hook_is_still_due(struct certificate *certificate)
{
    const char *generation = certificate->life.generation;
    struct error error = error_none();
    bool pending = false;
    if (generation[0] == '\0')
        return true;
    if (!install_hook_is_pending(certificate->config, generation, &pending, &error)) {
        error_context(&error, "the refresh command has not been run");
        certificate_hook_failed(certificate, &error);
    } else if (!pending) {
        log_info("Refresh command for %s was run by another wcp-tiny meanwhile",
                 certificate->config->arn);
        look_or_finish(certificate);
    }
    return pending;
}

void certificate_hook_failed(struct certificate *certificate, const struct error *error)
{
    bool retried = life_cycle_ended_badly(&certificate->life);
    count_failure(certificate, error);
    if (retried)
        tell_take_up_ended(certificate, SCHEDULE_NOT_TAKEN_UP);
}

void certificate_hook_succeeded(struct certificate *certificate)
{
    const char *generation = certificate->life.running;
    struct error error = error_none();
    if (generation[0] != '\0' && !install_hook_done(certificate->config, generation, &error))
        log_warn("The refresh command for %s will be run once more: %s", certificate->config->arn,
                 error.message);
    if (life_cycle_ended_well(&certificate->life))
        finish_take_up(certificate);
}

static void seen_as_installed(struct certificate *certificate, bool after_hook)
{
    log_info("Certificate served at %s as installed for %s", certificate->config->served_at,
             certificate->config->arn);
    if (after_hook)
        certificate_hook_succeeded(certificate);
    else if (life_cycle_ended_well(&certificate->life))
        finish_take_up(certificate);
}

/* A server that presents another certificate although nothing changed missed an earlier change: its
 * hook shall make it look again. */
static void ask_server_to_look_again(struct certificate *certificate, const struct error *error)
{
    log_warn("%s: %s", certificate->config->arn, error->message);
    if (certificate->life.take_up == TAKE_UP_LOOK_RUNNING)
        ask_for_hook(certificate, "", "the server does not present this certificate");
}

void certificate_seen(struct certificate *certificate, const struct served_result *result,
                      bool after_hook)
{
    certificate->status.served = result->state;
    certificate->status.served_not_after = result->not_after;
    if (result->state == SERVED_SAME)
        seen_as_installed(certificate, after_hook);
    else if (after_hook || certificate->config->refresh_command == NULL)
        certificate_hook_failed(certificate, &result->error);
    else
        ask_server_to_look_again(certificate, &result->error);
}

#include "supervisor/certificate.h"

#include "base/format.h"
#include "store/install.h"

#include <stdlib.h>
#include <string.h>

static const char reason_changed[] = "certificate files changed";
static const char reason_earlier[] = "an earlier change is not deployed yet";

/* --- status and log --------------------------------------------------------------------------- */

/* Installing is retried every few seconds while files cannot be put in place. The same reason is
 * then logged only when the number of failures is a power of two. */
static bool should_log_failure(const struct certificate *certificate, const char *reason)
{
    const struct certificate_status *status = &certificate->status;
    return certificate->life.deployment != DEPLOYMENT_UNSETTLED || status->reason == NULL ||
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
    if (text == NULL || should_log_failure(certificate, text))
        log_error("Error refreshing certificate %s (failure #%lld): %.*s", certificate->config->arn,
                  (long long)status->failures, (int)reason.length, reason.data);
    free(status->reason);
    status->reason = text;
}

static void record_fetch_ended(struct certificate *certificate, enum error_kind error)
{
    certificate->outcomes.fetch_ended = true;
    certificate->outcomes.fetch_error = error;
}

static void record_deployment_ended(struct certificate *certificate,
                                    enum schedule_deployment deployment)
{
    certificate->outcomes.deployment_ended = true;
    certificate->outcomes.deployment = deployment;
}

/* The deployment is done. After a successful fetch, the refresh is successful, too. */
static void end_deployment(struct certificate *certificate)
{
    struct certificate_status *status = &certificate->status;
    life_cycle_done(&certificate->life);
    record_deployment_ended(certificate, SCHEDULE_DEPLOYED);
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

/* --- the files on disk ------------------------------------------------------------------------ */

static void request_hook(struct certificate *certificate, const char *generation,
                         const char *reason)
{
    life_cycle_hook_due(&certificate->life, generation, reason, deadline_in(LIMIT_HOOK_GATHER_MS));
}

static void mark_unsettled(struct certificate *certificate)
{
    life_cycle_unsettled(&certificate->life);
    record_deployment_ended(certificate, SCHEDULE_UNSETTLED);
}

static void probe_or_finish(struct certificate *certificate)
{
    if (certificate->config->served_at != NULL)
        life_cycle_probe_due(&certificate->life);
    else
        end_deployment(certificate);
}

/* No journal requests the hook: probes the server with served_at, else ends the deployment. */
static void continue_without_hook(struct certificate *certificate)
{
    const struct certificate_config *config = certificate->config;
    if (certificate->life.result == FETCH_UNCHANGED && config->refresh_command != NULL)
        log_info("Skipping refresh command for %s: certificate files unchanged", config->arn);
    probe_or_finish(certificate);
}

/* Applies what the store has left to do. With neither flag the state stays as it is: a failed
 * installation may not have looked at the files. */
static void apply_store_outcome(struct certificate *certificate,
                                const struct install_outcome *outcome)
{
    if (outcome->unfinished)
        mark_unsettled(certificate);
    else if (outcome->hook_pending)
        request_hook(certificate, outcome->generation, reason_earlier);
}

/* Unsettled files are in place now, and there is no journal. After a successful fetch the
 * deployment goes on; otherwise it only ends, and no success is reported. */
static void leave_unsettled(struct certificate *certificate)
{
    if (life_cycle_has_fetched(&certificate->life))
        continue_without_hook(certificate);
    else
        end_deployment(certificate);
}

/* Continues when there is no journal and no active step: restarts a failed step, unless another
 * process has completed it. */
static void settle_without_journal(struct certificate *certificate)
{
    switch (certificate->life.deployment) {
    case DEPLOYMENT_UNSETTLED:
        leave_unsettled(certificate);
        break;
    case DEPLOYMENT_HOOK_FAILED:
        if (life_cycle_hook_has_no_journal(&certificate->life))
            request_hook(certificate, "", certificate->life.hook_reason);
        else
            continue_without_hook(certificate);
        break;
    case DEPLOYMENT_PROBE_FAILED:
        life_cycle_probe_due(&certificate->life);
        break;
    default:
        record_deployment_ended(certificate, SCHEDULE_DEPLOYED);
        break;
    }
}

void certificate_settle(struct certificate *certificate)
{
    struct install_outcome outcome;
    struct error error = error_none();
    if (life_cycle_step_is_active(&certificate->life))
        return;
    if (!install_recover(certificate->config, &outcome, &error)) {
        count_failure(certificate, &error);
        mark_unsettled(certificate);
    } else if (outcome.unfinished || outcome.hook_pending) {
        apply_store_outcome(certificate, &outcome);
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
    /* A committed update needs no second export. */
    bool committed = outcome->unfinished;
    life_cycle_fetch_ended(&certificate->life, committed ? FETCH_UPDATED : FETCH_FAILED);
    count_failure(certificate, error);
    apply_store_outcome(certificate, outcome);
    record_fetch_ended(certificate, committed ? ERROR_NONE : error->kind);
}

/* Continues after an installation that left no journal. */
static void deploy_fetched(struct certificate *certificate, bool first)
{
    const struct life_cycle *life = &certificate->life;
    if (life->deployment == DEPLOYMENT_HOOK_DUE || life->deployment == DEPLOYMENT_HOOK_RUNNING)
        return;
    if (life->deployment == DEPLOYMENT_HOOK_FAILED && life_cycle_hook_has_no_journal(life))
        request_hook(certificate, "", life->hook_reason);
    else if (first && certificate->config->refresh_command != NULL)
        request_hook(certificate, "", "first refresh after the start");
    else
        continue_without_hook(certificate);
}

void certificate_fetched(struct certificate *certificate, const struct frame *frame, bool force)
{
    bool first = certificate->hook_at_first_fetch;
    struct install_outcome outcome;
    struct error error = error_none();
    if (!install_bundle(certificate->config, &frame->bundle, force, &outcome, &error)) {
        install_failed(certificate, &outcome, &error);
        return;
    }
    certificate->hook_at_first_fetch = false;
    life_cycle_fetch_ended(&certificate->life, outcome.changed ? FETCH_UPDATED : FETCH_UNCHANGED);
    record_fetch_ended(certificate, ERROR_NONE);
    certificate->status.not_after = frame->not_after;
    if (outcome.changed)
        log_written(certificate, frame);
    if (outcome.hook_pending)
        request_hook(certificate, outcome.generation,
                     outcome.changed ? reason_changed : reason_earlier);
    else
        deploy_fetched(certificate, first);
}

void certificate_fetch_failed(struct certificate *certificate, const struct error *error)
{
    struct install_outcome outcome;
    struct error unsettled = error_none();
    certificate->status.last_attempt = clock_now();
    life_cycle_fetch_ended(&certificate->life, FETCH_FAILED);
    count_failure(certificate, error);
    record_fetch_ended(certificate, error->kind);
    if (!install_recover(certificate->config, &outcome, &unsettled)) {
        outcome.unfinished = true;
        log_warn("Cannot finish an interrupted update of %s either: %s", certificate->config->arn,
                 unsettled.message);
    }
    if (!outcome.unfinished && !outcome.hook_pending &&
        certificate->life.deployment == DEPLOYMENT_UNSETTLED)
        leave_unsettled(certificate);
    else
        apply_store_outcome(certificate, &outcome);
}

/* --- the hook and the probe ------------------------------------------------------------------- */

bool certificate_hook_is_still_due(struct certificate *certificate)
{
    const char *generation = certificate->life.generation;
    struct error error = error_none();
    bool pending = false;
    if (generation[0] == '\0')
        return true;
    if (!install_hook_is_pending(certificate->config, generation, &pending, &error)) {
        error_context(&error, "the refresh command has not been run");
        certificate_hook_not_started(certificate, &error);
    } else if (!pending) {
        log_info("The refresh command for %s was already run by another wcp-tiny",
                 certificate->config->arn);
        probe_or_finish(certificate);
    }
    return pending;
}

void certificate_hook_not_started(struct certificate *certificate, const struct error *error)
{
    life_cycle_hook_not_started(&certificate->life);
    count_failure(certificate, error);
    record_deployment_ended(certificate, SCHEDULE_NOT_DEPLOYED);
}

void certificate_step_failed(struct certificate *certificate, const struct error *error)
{
    bool retried = life_cycle_step_failed(&certificate->life);
    count_failure(certificate, error);
    if (retried)
        record_deployment_ended(certificate, SCHEDULE_NOT_DEPLOYED);
}

void certificate_hook_succeeded(struct certificate *certificate)
{
    const char *generation = certificate->life.running;
    struct error error = error_none();
    if (generation[0] != '\0' && !install_hook_done(certificate->config, generation, &error))
        log_warn("The refresh command for %s will run once more: %s", certificate->config->arn,
                 error.message);
    if (life_cycle_step_succeeded(&certificate->life))
        end_deployment(certificate);
}

static void served_as_installed(struct certificate *certificate, bool after_hook)
{
    log_info("Certificate served at %s as installed for %s", certificate->config->served_at,
             certificate->config->arn);
    if (after_hook)
        certificate_hook_succeeded(certificate);
    else if (life_cycle_step_succeeded(&certificate->life))
        end_deployment(certificate);
}

/* The server presents another certificate although the files did not change now: it has missed an
 * earlier change. Its hook makes it reload. */
static void request_hook_for_stale_server(struct certificate *certificate,
                                          const struct error *error)
{
    log_warn("%s: %s", certificate->config->arn, error->message);
    if (certificate->life.deployment == DEPLOYMENT_PROBE_RUNNING)
        request_hook(certificate, "", "the server does not present this certificate");
}

void certificate_probed(struct certificate *certificate, const struct served_result *result,
                        bool after_hook)
{
    certificate->status.served = result->state;
    certificate->status.served_not_after = result->not_after;
    if (result->state == SERVED_SAME)
        served_as_installed(certificate, after_hook);
    else if (after_hook || certificate->config->refresh_command == NULL)
        certificate_step_failed(certificate, &result->error);
    else
        request_hook_for_stale_server(certificate, &result->error);
}

#include "supervisor/certificate_internal.h"

#include "store/hook_record.h"
#include "store/install.h"

#include <stdlib.h>
#include <string.h>

static const char reason_served[] = "the server does not present this certificate";

void certificate_init(struct certificate *certificate, const struct certificate_config *config,
                      bool resident)
{
    *certificate = (struct certificate){
        .config = config,
        .resident = resident,
        .hook_reason = reason_served,
        .life = {.has_hook = config->refresh_command != NULL,
                 .has_server = config->served_at != NULL},
    };
}

void certificate_take_over(struct certificate *certificate, struct certificate *earlier)
{
    const struct certificate_config *config = certificate->config;
    *certificate = *earlier;
    *earlier = (struct certificate){.config = earlier->config};
    certificate->config = config;
    life_cycle_next(&certificate->life, LIFE_FETCH_ABANDONED);
    certificate->held_actions &= ~(unsigned)ACTION_INSTALL;
    fetched_free(&certificate->fetched);
}

void certificate_free(struct certificate *certificate)
{
    certificate_clear_failures(&certificate->fetch_failures);
    certificate_clear_failures(&certificate->deployment_failures);
    fetched_free(&certificate->fetched);
    free(certificate->status.reason);
    certificate->status.reason = NULL;
}

/* --- what happens ----------------------------------------------------------------------------- */

static void handle(struct certificate *certificate, enum life_event event)
{
    certificate_perform(certificate, certificate_apply(certificate, event));
}

bool certificate_continue(struct certificate *certificate, struct deadline *wake)
{
    if (certificate->held_actions != 0 && deadline_left_ms(certificate->held_retry) == 0)
        certificate_perform(certificate, certificate->held_actions);
    if (certificate->held_actions == 0)
        return false;
    *wake = deadline_earlier(*wake, certificate->held_retry);
    return true;
}

void certificate_retry(struct certificate *certificate)
{
    if ((certificate->held_actions & (ACTION_EXAMINE | ACTION_CONFIRM)) == 0)
        handle(certificate, LIFE_RETRY);
}

/* --- fetching --------------------------------------------------------------------------------- */

void certificate_given_to_worker(struct certificate *certificate)
{
    certificate->before_fetch = install_stamp(certificate->config);
    handle(certificate, LIFE_FETCH_STARTED);
}

void certificate_fetch_started(struct certificate *certificate)
{
    certificate->status.last_attempt = clock_now();
    certificate_report_start(certificate);
}

void certificate_fetched(struct certificate *certificate, const struct frame *frame, bool force)
{
    certificate->fetched = (struct fetched){.bundle = frame->bundle,
                                            .name = frame->text,
                                            .not_after = frame->not_after,
                                            .force = force};
    handle(certificate, LIFE_FETCH_ENDED);
}

void certificate_fetch_failed(struct certificate *certificate, const struct error *error)
{
    certificate->status.last_attempt = clock_now();
    certificate_report_failure(certificate, &certificate->fetch_failures, error);
    handle(certificate, LIFE_FETCH_FAILED);
}

/* --- the hook --------------------------------------------------------------------------------- */

bool certificate_hook_is_still_due(struct certificate *certificate, bool *held)
{
    struct install_options options = certificate_options(certificate);
    struct install_outcome outcome;
    struct error error = error_none();
    bool requested = certificate->due[0] != '\0';
    bool done = install_settle(certificate->config, &options, &outcome, &error);
    *held = outcome.state == STORE_HELD;
    if (*held)
        return false;
    if (!done) {
        error_context(&error, "the refresh command has not been run");
        certificate_report_failure(certificate, &certificate->deployment_failures, &error);
    }
    unsigned actions = certificate_apply_outcome(certificate, &outcome);
    if (requested && outcome.state == STORE_IN_PLACE)
        log_info("The refresh command for %s was already run by another wcp-tiny",
                 certificate->config->arn);
    certificate_perform(certificate, actions);
    return certificate->life.deployment == DEPLOYMENT_HOOK_DUE;
}

void certificate_hook_started(struct certificate *certificate)
{
    memcpy(certificate->running, certificate->due, GENERATION_SIZE);
    handle(certificate, LIFE_HOOK_STARTED);
}

void certificate_hook_not_started(struct certificate *certificate, const struct error *error)
{
    certificate_report_failure(certificate, &certificate->deployment_failures, error);
    handle(certificate, LIFE_HOOK_NOT_STARTED);
}

void certificate_hook_failed(struct certificate *certificate, const struct error *error)
{
    certificate->running[0] = '\0';
    certificate_report_failure(certificate, &certificate->deployment_failures, error);
    handle(certificate, LIFE_HOOK_FAILED);
}

void certificate_step_abandoned(struct certificate *certificate)
{
    certificate->running[0] = '\0';
    handle(certificate, LIFE_STEP_ABANDONED);
}

void certificate_hook_succeeded(struct certificate *certificate)
{
    memcpy(certificate->done, certificate->running, GENERATION_SIZE);
    certificate->running[0] = '\0';
    handle(certificate, LIFE_HOOK_SUCCEEDED);
}

/* --- the probe -------------------------------------------------------------------------------- */

void certificate_probe_failed(struct certificate *certificate, const struct error *error)
{
    certificate->probe_failed = true;
    certificate_report_failure(certificate, &certificate->deployment_failures, error);
    handle(certificate, LIFE_PROBE_FAILED);
}

/* The hook has succeeded without effect: its record must not prevent the next attempt. */
static void fail_hook_without_effect(struct certificate *certificate, const struct error *error)
{
    hook_record_remove(certificate->config);
    certificate_hook_failed(certificate, error);
}

static void served_as_installed(struct certificate *certificate, bool after_hook)
{
    log_info("Certificate served at %s as installed for %s", certificate->config->served_at,
             certificate->config->arn);
    if (after_hook)
        certificate_hook_succeeded(certificate);
    else
        handle(certificate, LIFE_PROBE_SAME);
}

/* The server presents another certificate although the files did not change now: it has missed an
 * earlier change. Its hook makes it reload. */
static void request_hook_for_stale_server(struct certificate *certificate,
                                          const struct error *error)
{
    log_warn("%s: %s", certificate->config->arn, error->message);
    certificate->hook_reason = reason_served;
    certificate->gather_until = deadline_in(LIMIT_HOOK_GATHER_MS);
    handle(certificate, LIFE_PROBE_OTHER);
}

void certificate_probed(struct certificate *certificate, const struct served_result *result,
                        bool after_hook)
{
    certificate->status.served = result->state;
    certificate->status.served_not_after = result->not_after;
    if (result->state == SERVED_SAME)
        served_as_installed(certificate, after_hook);
    else if (after_hook)
        fail_hook_without_effect(certificate, &result->error);
    else if (!certificate->life.has_hook)
        certificate_probe_failed(certificate, &result->error);
    else
        request_hook_for_stale_server(certificate, &result->error);
}

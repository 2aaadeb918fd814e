/* The actions of a certificate's life cycle: what is asked of the store, and what it has found. */
#include "supervisor/certificate_internal.h"

#include "store/hook_record.h"

#include <string.h>

enum {
    STORE_ACTIONS = ACTION_INSTALL | ACTION_EXAMINE | ACTION_CONFIRM,
    HELD_RETRY_MS = 200,       /* at first; then a quarter of the time since the first attempt, */
    HELD_RETRY_MOST_MS = 5000, /* up to this */
};

static const char reason_changed[] = "certificate files changed";
static const char reason_earlier[] = "an earlier change is not deployed yet";
static const char reason_first[] = "first refresh after the start";

/* --- events and plans ------------------------------------------------------------------------- */

static void plan_deployment(struct certificate *certificate, enum schedule_deployment outcome)
{
    certificate->outcomes.deployment_ended = true;
    certificate->outcomes.deployment = outcome;
}

static void plan_fetch(struct certificate *certificate, enum error_kind error)
{
    certificate->outcomes.fetch_ended = true;
    certificate->outcomes.fetch_committed = false;
    certificate->outcomes.fetch_error = error;
}

unsigned certificate_apply(struct certificate *certificate, enum life_event event)
{
    bool was_unsettled = certificate->life.deployment == DEPLOYMENT_UNSETTLED;
    unsigned actions = life_cycle_next(&certificate->life, event);
    if (certificate->life.deployment == DEPLOYMENT_UNSETTLED && !was_unsettled)
        certificate->patient_until = deadline_in(LIMIT_UNSETTLED_MS);
    if ((actions & ACTION_PLAN_NEXT_FETCH) != 0) {
        certificate_clear_failures(&certificate->fetch_failures);
        certificate->probe_failed = false;
        plan_fetch(certificate, ERROR_NONE);
    }
    if ((actions & ACTION_PLAN_FETCH_RETRY) != 0)
        plan_fetch(certificate, certificate->fetch_failures.kind);
    if ((actions & ACTION_PLAN_NOTHING) != 0) {
        certificate_clear_failures(&certificate->deployment_failures);
        plan_deployment(certificate, SCHEDULE_DEPLOYED);
    }
    if ((actions & ACTION_PLAN_RETRY) != 0)
        plan_deployment(certificate, SCHEDULE_NOT_DEPLOYED);
    if ((actions & ACTION_PLAN_SETTLING) != 0)
        plan_deployment(certificate, SCHEDULE_UNSETTLED);
    if ((actions & ACTION_SAY_FRESH) != 0)
        certificate_report_fresh(certificate);
    return actions & STORE_ACTIONS;
}

/* --- what the store has found ----------------------------------------------------------------- */

struct install_options certificate_options(const struct certificate *certificate)
{
    bool is_late = certificate->life.deployment == DEPLOYMENT_UNSETTLED &&
                   deadline_left_ms(certificate->patient_until) == 0;
    return (struct install_options){.force = certificate->fetched.force,
                                    .patient = certificate->resident && !is_late,
                                    .before_fetch = &certificate->before_fetch};
}

/* The journal requests a hook. */
static enum life_event adopt_journal(struct certificate *certificate,
                                     const struct install_outcome *outcome)
{
    bool is_new = strcmp(certificate->due, outcome->generation) != 0;
    memcpy(certificate->due, outcome->generation, GENERATION_SIZE);
    if (certificate->life.deployment == DEPLOYMENT_HOOK_RUNNING)
        return LIFE_JOURNAL; /* its end is told when it is over, with the probe after it */
    if (strcmp(certificate->done, outcome->generation) == 0)
        return LIFE_JOURNAL_DONE;
    if (hook_record_says_done(certificate->config, outcome->generation)) {
        log_info(
            "The refresh command for %s has succeeded already, while no wcp-tiny waited for it",
            certificate->config->arn);
        memcpy(certificate->done, outcome->generation, GENERATION_SIZE);
        return LIFE_JOURNAL_DONE;
    }
    if (is_new || outcome->changed) {
        certificate->hook_reason = outcome->changed ? reason_changed : reason_earlier;
        certificate->gather_until = deadline_in(LIMIT_HOOK_GATHER_MS);
    }
    return LIFE_JOURNAL;
}

/* No journal is left. */
static void forget_journal(struct certificate *certificate)
{
    certificate->due[0] = '\0';
    if (certificate->life.deployment != DEPLOYMENT_HOOK_RUNNING)
        hook_record_remove(certificate->config);
}

/* True when the files may not be what the last fetch returned: they were put back or removed, or
 * another process has settled what was unfinished here. An installation has just compared them. */
static bool was_taken_back(const struct certificate *certificate,
                           const struct install_outcome *outcome)
{
    return life_cycle_has_fetched(&certificate->life) && !outcome->compared &&
           (outcome->holds_old || outcome->state == STORE_ABSENT ||
            (certificate->is_unfinished && !outcome->completed));
}

static unsigned report_taken_back(struct certificate *certificate)
{
    struct error error;
    error_refuse(
        &error, ERROR_TRANSIENT, "the certificate is fetched again",
        "the fetched files are not in place any more: they were removed, or the earlier ones "
        "are back");
    certificate_report_failure(certificate, &certificate->fetch_failures, &error);
    return certificate_apply(certificate, LIFE_TAKEN_BACK);
}

unsigned certificate_apply_outcome(struct certificate *certificate,
                                   const struct install_outcome *outcome)
{
    unsigned actions = 0;
    if (outcome->state == STORE_HELD)
        return certificate_apply(certificate, LIFE_HELD);
    if (outcome->state == STORE_UNSETTLED)
        certificate->is_unfinished = true;
    if (outcome->state == STORE_UNKNOWN || outcome->state == STORE_UNSETTLED)
        return certificate_apply(certificate, LIFE_UNSETTLED);
    if (was_taken_back(certificate, outcome))
        actions = report_taken_back(certificate);
    certificate->is_unfinished = false;
    if (outcome->state == STORE_HOOK_DUE)
        return actions | certificate_apply(certificate, adopt_journal(certificate, outcome));
    forget_journal(certificate);
    return actions | certificate_apply(certificate, LIFE_IN_PLACE);
}

/* --- locks that are held ---------------------------------------------------------------------- */

/* The time until the next attempt to get a lock. */
static int64_t held_delay(const struct certificate *certificate)
{
    int64_t quarter = (LIMIT_LOCK_WAIT_MS - deadline_left_ms(certificate->held_latest)) / 4;
    return quarter < HELD_RETRY_MS        ? HELD_RETRY_MS
           : quarter > HELD_RETRY_MOST_MS ? HELD_RETRY_MOST_MS
                                          : quarter;
}

/* Remembers that `action` has to be tried again. False: it has been tried for long enough. */
static bool wait_for_lock(struct certificate *certificate, unsigned action)
{
    if (certificate->held_actions == 0)
        certificate->held_latest = deadline_in(LIMIT_LOCK_WAIT_MS);
    else if (deadline_left_ms(certificate->held_latest) == 0)
        return false;
    certificate->held_actions |= action;
    certificate->held_retry =
        deadline_earlier(deadline_in(held_delay(certificate)), certificate->held_latest);
    return true;
}

static void stop_waiting(struct certificate *certificate, unsigned action)
{
    certificate->held_actions &= ~action;
}

/* --- store actions ---------------------------------------------------------------------------- */

static void report_skipped_hook(const struct certificate *certificate,
                                const struct install_outcome *outcome)
{
    if (certificate->life.has_hook && !outcome->changed && outcome->state == STORE_IN_PLACE &&
        !certificate->life.hook_wanted && !life_cycle_step_is_active(&certificate->life))
        log_info("Skipping refresh command for %s: certificate files unchanged",
                 certificate->config->arn);
}

static unsigned end_install(struct certificate *certificate, const struct install_outcome *outcome)
{
    bool is_first = certificate->life.hook_at_start;
    certificate->status.not_after = certificate->fetched.not_after;
    if (outcome->changed)
        certificate_report_written(certificate);
    fetched_free(&certificate->fetched);
    unsigned actions =
        certificate_apply(certificate, outcome->changed ? LIFE_UPDATED : LIFE_UNCHANGED);
    if (is_first) {
        certificate->hook_reason = reason_first;
        certificate->gather_until = deadline_in(LIMIT_HOOK_GATHER_MS);
    }
    report_skipped_hook(certificate, outcome);
    return actions | certificate_apply_outcome(certificate, outcome);
}

/* The new files are committed, but not all of them are in place: no second export is needed to put
 * them there. The failures of earlier fetches still count, in case that these files are put back.
 */
static unsigned leave_committed(struct certificate *certificate,
                                const struct install_outcome *outcome, const struct error *error)
{
    struct certificate_failures earlier = certificate->fetch_failures;
    certificate_report_failure(certificate, &certificate->deployment_failures, error);
    certificate->status.not_after = certificate->fetched.not_after;
    fetched_free(&certificate->fetched);
    certificate->fetch_failures = (struct certificate_failures){0};
    unsigned actions = certificate_apply(certificate, LIFE_UPDATED);
    certificate->fetch_failures = earlier;
    certificate->outcomes.fetch_committed = true;
    return actions | certificate_apply_outcome(certificate, outcome);
}

static unsigned fail_install(struct certificate *certificate, const struct install_outcome *outcome,
                             const struct error *error)
{
    certificate_report_failure(certificate, &certificate->fetch_failures, error);
    fetched_free(&certificate->fetched);
    unsigned actions = certificate_apply(certificate, LIFE_FETCH_FAILED);
    if (outcome->state == STORE_UNKNOWN || outcome->state == STORE_HELD)
        return actions; /* the files were not examined: what was known of them still holds */
    return actions | certificate_apply_outcome(certificate, outcome);
}

static unsigned install(struct certificate *certificate)
{
    struct fetched *fetched = &certificate->fetched;
    struct install_options options = certificate_options(certificate);
    struct install_outcome outcome;
    struct error error = error_none();
    if (install_bundle(certificate->config, &fetched->bundle, &options, &outcome, &error)) {
        stop_waiting(certificate, ACTION_INSTALL);
        return end_install(certificate, &outcome);
    }
    if (outcome.state == STORE_HELD && wait_for_lock(certificate, ACTION_INSTALL)) {
        if (fetched_keep(fetched))
            return certificate_apply(certificate, LIFE_HELD);
        error_no_memory(&error);
    }
    stop_waiting(certificate, ACTION_INSTALL);
    if (outcome.state == STORE_UNSETTLED && outcome.committed)
        return leave_committed(certificate, &outcome, &error);
    return fail_install(certificate, &outcome, &error);
}

/* Examines the files, or confirms that the hook of `done` has succeeded. */
static unsigned examine(struct certificate *certificate, enum life_action action)
{
    struct install_options options = certificate_options(certificate);
    struct install_outcome outcome;
    struct error error = error_none();
    bool done =
        action == ACTION_CONFIRM
            ? install_confirm(certificate->config, certificate->done, &options, &outcome, &error)
            : install_settle(certificate->config, &options, &outcome, &error);
    if (outcome.state == STORE_HELD && wait_for_lock(certificate, action))
        return certificate_apply(certificate, LIFE_HELD);
    stop_waiting(certificate, action);
    if (!done)
        certificate_report_failure(certificate, &certificate->deployment_failures, &error);
    if (outcome.state == STORE_HELD)
        outcome.state = STORE_UNKNOWN; /* for too long */
    return certificate_apply_outcome(certificate, &outcome);
}

void certificate_perform(struct certificate *certificate, unsigned actions)
{
    while (actions != 0) {
        if ((actions & ACTION_INSTALL) != 0)
            actions = (actions & ~(unsigned)ACTION_INSTALL) | install(certificate);
        else if ((actions & ACTION_CONFIRM) != 0)
            actions = examine(certificate, ACTION_CONFIRM);
        else
            actions = examine(certificate, ACTION_EXAMINE);
    }
}

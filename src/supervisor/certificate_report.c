/* What log and status say of a certificate. */
#include "supervisor/certificate_internal.h"

#include "base/format.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

static bool is_power_of_two(unsigned count)
{
    return (count & (count - 1)) == 0;
}

/* Files that cannot be put in place are tried again every few seconds, and what is throttled every
 * few minutes. The same reason is then logged only when the number of failures is a power of
 * two. */
static bool should_log_failure(const struct certificate *certificate,
                               const struct certificate_failures *failures, const char *reason)
{
    bool is_frequent =
        certificate->life.deployment == DEPLOYMENT_UNSETTLED || failures->kind == ERROR_THROTTLED;
    return !is_frequent || failures->reason == NULL || strcmp(failures->reason, reason) != 0 ||
           is_power_of_two(failures->count);
}

void certificate_report_start(const struct certificate *certificate)
{
    const struct certificate_failures *failures = &certificate->fetch_failures;
    bool is_repeated = failures->kind == ERROR_THROTTLED && !is_power_of_two(failures->count + 1);
    log_message(is_repeated ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
                "Starting certificate refresh for %s", certificate->config->arn);
}

static unsigned count_failures(const struct certificate *certificate)
{
    unsigned fetches = certificate->fetch_failures.count;
    unsigned deployments = certificate->deployment_failures.count;
    return fetches > deployments ? fetches : deployments;
}

void certificate_report_failure(struct certificate *certificate,
                                struct certificate_failures *failures, const struct error *error)
{
    BUF_AUTO struct buf reason = BUF(sizeof *error * 2);
    buf_format(&reason, "%s; %s", error->message, error_advice(error));
    make_printable(reason.data, reason.length);
    char *text = str_duplicate(buf_str(&reason));
    failures->count++;
    failures->kind = error->kind;
    if (text == NULL || should_log_failure(certificate, failures, text))
        log_error("Error refreshing certificate %s (failure #%u): %.*s", certificate->config->arn,
                  count_failures(certificate), (int)reason.length, reason.data);
    free(failures->reason);
    failures->reason = text;
}

void certificate_clear_failures(struct certificate_failures *failures)
{
    free(failures->reason);
    *failures = (struct certificate_failures){0};
}

void certificate_report_fresh(struct certificate *certificate)
{
    log_info("Certificate refresh successful for %s", certificate->config->arn);
    certificate_clear_failures(&certificate->fetch_failures);
    certificate_clear_failures(&certificate->deployment_failures);
    certificate->status.last_success = clock_now();
}

void certificate_report_written(const struct certificate *certificate)
{
    const struct fetched *fetched = &certificate->fetched;
    char until[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(fetched->not_after, until);
    log_info("Certificate files written for %s: %.*s, valid until %s", certificate->config->arn,
             (int)fetched->name.length, fetched->name.data, until);
    if (fetched->not_after < clock_now())
        log_warn("The certificate %s has expired: renew it in ACM", certificate->config->arn);
}

/* A failed fetch and a failed hook have one reason each. */
static char *join_reasons(const struct certificate *certificate)
{
    const char *fetch = certificate->fetch_failures.reason;
    const char *deployment = certificate->deployment_failures.reason;
    BUF_AUTO struct buf both = BUF(sizeof(struct error) * 4);
    if (fetch == NULL || deployment == NULL) {
        const char *one = fetch != NULL ? fetch : deployment;
        return one == NULL ? NULL : str_duplicate(str_from(one));
    }
    buf_format(&both, "%s. And: %s", fetch, deployment);
    return str_duplicate(buf_str(&both));
}

void certificate_fill_status(struct certificate *certificate)
{
    const struct life_cycle *life = &certificate->life;
    struct certificate_status *status = &certificate->status;
    status->failures = count_failures(certificate);
    status->health = life_cycle_is_fresh(life) ? HEALTH_FRESH
                     : status->failures > 0    ? HEALTH_FAILING
                                               : HEALTH_WAITING;
    status->hook_pending = life_cycle_hook_is_pending(life);
    free(status->reason);
    status->reason = join_reasons(certificate);
}

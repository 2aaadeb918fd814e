/* Carries out the plan for credentials: asks its source, and assumes the roles of its chain and of
 * the certificates. */
#include "aws/credentials/container.h"
#include "aws/credentials/imds.h"
#include "aws/credentials/roles_anywhere.h"
#include "aws/credentials/web_identity.h"
#include "base/format.h"
#include "config/arn.h"
#include "worker/worker.h"
#include "worker/worker_internal.h"

#include <stdlib.h>
#include <string.h>

/* In seconds. A session that ends within ROLE_MARGIN is not used for another export. */
enum {
    ROLE_MARGIN = 2 * LIMIT_REQUEST_MS / 1000,
    SESSION_SECONDS = 3600,
    SHORTEST_SESSION_SECONDS = 900,
};

/* The region of the settings, else the configured one, else that of the first certificate. */
static struct str sts_region(const struct worker_task *task, const struct arn *first)
{
    if (task->settings->region != NULL)
        return str_from(task->settings->region);
    return task->config->region != NULL ? str_from(task->config->region) : first->region;
}

/* True when the session of IAM Roles Anywhere is one of the certificates' role already. */
static bool is_session_of_role(const struct worker_task *task)
{
    return task->plan->source == SOURCE_ROLES_ANYWHERE &&
           strcmp(task->config->roles_anywhere.role_arn, task->certificates[0]->role_arn) == 0;
}

bool worker_judge_source(struct worker *worker, struct error *error)
{
    const struct worker_task *task = worker->task;
    return roles_anywhere_judge(&task->config->roles_anywhere, task->plan, &worker->identity,
                                error);
}

bool worker_prepare_source(struct worker *worker, struct error *error)
{
    const struct worker_task *task = worker->task;
    const struct credential_plan *plan = task->plan;
    const char *proxy = task->config->https_proxy;
    bool done = true;
    struct arn arn;
    struct arn role;
    if (plan->source == SOURCE_ROLES_ANYWHERE)
        done = roles_anywhere_prepare(&task->config->roles_anywhere, task->settings, proxy,
                                      &worker->source, error);
    else if (plan->source == SOURCE_CONTAINER || plan->source == SOURCE_IMDS)
        done = metadata_prepare(&worker->source, &plan->url, proxy, error);
    if (!done || is_session_of_role(task))
        return done;
    return arn_split(str_from(task->certificates[0]->arn), &arn) &&
           arn_split(str_from(task->certificates[0]->role_arn), &role) &&
           aws_client_prepare(&worker->sts, task->settings, SERVICE_STS, role.partition,
                              sts_region(task, &arn), proxy, error);
}

/* Wipes all credentials but the last: from here on only those are needed. */
static void forget_plan(struct worker *worker)
{
    static const char *const secrets[] = {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                                          "AWS_SECURITY_TOKEN",
                                          "AWS_CONTAINER_AUTHORIZATION_TOKEN"};
    credential_plan_free(worker->task->plan);
    identity_free(&worker->identity);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        char *secret = getenv(secrets[i]);
        if (secret != NULL)
            wipe(secret, strlen(secret));
    }
}

/* What the certificates ask for: their own values, else those of [edge]. */
static struct role_request request_of(const struct worker_task *task)
{
    const struct role_settings *own = &task->certificates[0]->role_session;
    const struct role_settings *edge = &task->config->role_session;
    return (struct role_request){
        .role_arn = task->certificates[0]->role_arn,
        .external_id = own->external_id != NULL ? own->external_id : edge->external_id,
        .session_name = own->session_name != NULL ? own->session_name : edge->session_name,
        .duration_seconds =
            own->duration_seconds > 0 ? own->duration_seconds : edge->duration_seconds,
    };
}

/* --- the source ------------------------------------------------------------------------------- */

/* The time by AWS's clock, as far as a reply of AWS has shown it. */
static int64_t aws_now(const struct worker *worker)
{
    return clock_now() + (worker->session.skew_is_measured ? worker->session.measured_skew : 0);
}

/* Asks STS something that it refuses to tell, as every reply has the time. */
static void measure_clock(struct worker *worker)
{
    struct http_response response = {0};
    struct error ignored = error_none();
    const struct aws_call call = {
        .content_type = STR("application/x-www-form-urlencoded; charset=utf-8"),
        .body = STR("Action=GetCallerIdentity&Version=2011-06-15"),
        .reply_limit = LIMIT_STS_BODY,
    };
    if (!worker->session.skew_is_measured && !is_session_of_role(worker->task))
        (void)aws_client_call(&worker->sts, NULL, &call, &response, &ignored);
    http_response_free(&response);
}

/* Only AWS's clock tells whether credentials have ended, as this machine's may be wrong. When STS
 * does not tell its time, its next call says why. Instance metadata extends those that it cannot
 * renew. */
static bool check_end(struct worker *worker, struct error *error)
{
    const struct credentials *base = &worker->task->plan->keys;
    char end[CLOCK_ISO8601_SIZE];
    if (base->expiration == 0 || base->expiration > aws_now(worker))
        return true;
    measure_clock(worker);
    if (!worker->session.skew_is_measured || base->expiration > aws_now(worker))
        return true;
    clock_format_iso8601(base->expiration, end);
    if (worker->task->plan->source != SOURCE_IMDS)
        return error_refuse(error, ERROR_TRANSIENT,
                            "check why whoever issues them does not renew them; it is tried again",
                            "they expired at %s", end);
    log_warn("The credentials of %s expired at %s; they are used until AWS renews them",
             base->source, end);
    return true;
}

/* Asks IAM Roles Anywhere for a session: that of the certificates' role, with what they ask for, or
 * one that assumes it, as short as AWS allows. */
static bool create_session(struct worker *worker, struct error *error)
{
    const struct worker_task *task = worker->task;
    const struct role_request request = request_of(task);
    bool is_last = is_session_of_role(task);
    uint32_t wanted = request.duration_seconds > 0 ? request.duration_seconds : SESSION_SECONDS;
    return roles_anywhere_create_session(&worker->source, &task->config->roles_anywhere,
                                         &worker->identity, is_last ? request.session_name : NULL,
                                         is_last ? wanted : SHORTEST_SESSION_SECONDS,
                                         &task->plan->keys, error);
}

/* Makes plan->keys the credentials of the plan's source. */
static bool ask_source(struct worker *worker, struct error *error)
{
    struct credential_plan *plan = worker->task->plan;
    switch (plan->source) {
    case SOURCE_WEB_IDENTITY:
        return web_identity_obtain(&worker->sts, plan, &plan->keys, error);
    case SOURCE_CONTAINER:
        return container_obtain(&worker->source, plan, &plan->keys, error);
    case SOURCE_IMDS:
        return imds_obtain(&worker->source, plan, &plan->keys, error);
    case SOURCE_ROLES_ANYWHERE:
        return create_session(worker, error);
    case SOURCE_KEYS:
    case SOURCE_COMMAND: /* the supervisor has run it */
        format_text(plan->keys.source, sizeof plan->keys.source, "%s", plan->name);
        break;
    }
    return true;
}

/* Names the source in its error, and for the last source of the search where else was nothing. */
static bool explain_source(const struct credential_plan *plan, struct error *error)
{
    if (plan->source == SOURCE_ROLES_ANYWHERE)
        return false; /* its errors name it */
    error_context(error, "no credentials from %s", plan->name);
    size_t length = strlen(error->message);
    if (plan->tried != NULL && error->kind == ERROR_TRANSIENT)
        format_text(error->message + length, sizeof error->message - length, "; nor elsewhere: %s",
                    plan->tried);
    return false;
}

static bool obtain_source(struct worker *worker, struct error *error)
{
    const struct credential_plan *plan = worker->task->plan;
    report_stage(worker->pipe, WHOLE_BATCH, "asking for credentials: ", plan->name);
    bool done = ask_source(worker, error) && check_end(worker, error);
    aws_client_close(&worker->source);
    if (!done)
        return explain_source(plan, error);
    worker->has_base = true;
    worker->obtained(worker, OBTAINED_SOURCE, plan->keys.source, plan->keys.expiration);
    return true;
}

/* --- the roles -------------------------------------------------------------------------------- */

static bool assume(struct worker *worker, const struct credentials *with,
                   const struct role_request *request, struct credentials *session,
                   struct error *error)
{
    report_stage(worker->pipe, WHOLE_BATCH, "assuming the role ", request->role_arn);
    if (!sts_assume_role(&worker->sts, with, request, session, error))
        return false;
    worker->obtained(worker, OBTAINED_ROLE, request->role_arn, session->expiration);
    return true;
}

/* Assumes the roles of the plan, one with the credentials of the other, then the certificates'. */
static bool assume_chain(struct worker *worker, struct error *error)
{
    const struct credential_plan *plan = worker->task->plan;
    const struct role_request last = request_of(worker->task);
    const struct credentials *with = &plan->keys;
    struct credentials sessions[2] = {0};
    bool done = true;
    if (is_session_of_role(worker->task)) {
        credentials_free(&worker->role);
        worker->role = plan->keys;
        worker->task->plan->keys = (struct credentials){0};
        worker->obtained(worker, OBTAINED_ROLE, last.role_arn, worker->role.expiration);
        return true;
    }
    for (size_t i = 0; done && i < plan->step_count; i++) {
        const struct role_step *step = &plan->steps[i];
        const struct role_request request = {step->role_arn, step->external_id, step->session_name,
                                             step->duration_seconds, STR("")};
        done = assume(worker, with, &request, &sessions[i % 2], error);
        with = &sessions[i % 2];
    }
    done = done && assume(worker, with, &last, &worker->role, error);
    credentials_free(&sessions[0]);
    credentials_free(&sessions[1]);
    return done;
}

/* The longest time that the batch may still take, in seconds: then the supervisor ends it. */
static int64_t longest_batch(const struct worker *worker)
{
    return (LIMIT_BATCH_MS + (int64_t)worker->task->count * LIMIT_BATCH_PER_CERTIFICATE_MS) / 1000;
}

bool worker_assume_role(struct worker *worker, struct error *error)
{
    bool done = obtain_source(worker, error) && assume_chain(worker, error);
    aws_client_close(&worker->sts);
    if (done)
        worker->keeps_plan =
            worker->role.expiration < aws_now(worker) + longest_batch(worker) + ROLE_MARGIN;
    if (!worker->keeps_plan)
        forget_plan(worker);
    return done;
}

bool worker_renew_role(struct worker *worker, struct error *error)
{
    if (!worker->keeps_plan || worker->role.expiration > aws_now(worker) + ROLE_MARGIN)
        return true;
    log_debug("The session of %s is about to end", worker->role.source);
    return worker_assume_role(worker, error);
}

void worker_report_source(const struct worker *worker, enum obtained_step step, const char *name,
                          int64_t expiration)
{
    struct buf frame = BUF(LIMIT_LOG_LINE);
    if (step != OBTAINED_SOURCE)
        return;
    wire_write_credentials(&frame, str_from(name), expiration);
    report_frame(worker->pipe, &frame);
}

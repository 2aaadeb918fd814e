/* Carries out the plan for credentials: asks its source, and assumes the roles of its chain and of
 * the certificates. */
#include "aws/credentials/roles_anywhere.h"
#include "aws/sts.h"
#include "config/arn.h"
#include "worker/worker.h"
#include "worker/worker_internal.h"

#include <stdlib.h>
#include <string.h>

/* The length of a session, in seconds: a batch ends before that, see LIMIT_BATCH_MS. */
enum { SESSION_SECONDS = 3600, SHORTEST_SESSION_SECONDS = 900 };

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
    struct arn arn;
    struct arn role;
    if (task->plan->source == SOURCE_ROLES_ANYWHERE &&
        !roles_anywhere_prepare(&task->config->roles_anywhere, task->settings,
                                task->config->https_proxy, &worker->source, error))
        return false;
    if (is_session_of_role(task))
        return true;
    return arn_split(str_from(task->certificates[0]->arn), &arn) &&
           arn_split(str_from(task->certificates[0]->role_arn), &role) &&
           aws_client_prepare(&worker->sts, task->settings, SERVICE_STS, role.partition,
                              sts_region(task, &arn), task->config->https_proxy, error);
}

/* Wipes all credentials but the last: from here on only those are needed. */
static void forget_plan(struct worker *worker)
{
    char *secret = getenv("AWS_SECRET_ACCESS_KEY");
    credential_plan_free(worker->task->plan);
    identity_free(&worker->identity);
    if (secret != NULL)
        wipe(secret, strlen(secret));
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

/* Asks IAM Roles Anywhere for a session: that of the certificates' role, with what they ask for, or
 * one that assumes it, as short as AWS allows. */
static bool create_session(struct worker *worker, const struct role_request *request, bool is_last,
                           struct credentials *session, struct error *error)
{
    uint32_t wanted = request->duration_seconds > 0 ? request->duration_seconds : SESSION_SECONDS;
    report_stage(worker->pipe, WHOLE_BATCH, "asking IAM Roles Anywhere for the role ",
                 worker->task->config->roles_anywhere.role_arn);
    bool done =
        roles_anywhere_create_session(&worker->source, &worker->task->config->roles_anywhere,
                                      &worker->identity, is_last ? request->session_name : NULL,
                                      is_last ? wanted : SHORTEST_SESSION_SECONDS, session, error);
    aws_client_close(&worker->source);
    return done;
}

bool worker_assume_role(struct worker *worker, struct error *error)
{
    struct credential_plan *plan = worker->task->plan;
    const struct role_request request = request_of(worker->task);
    bool is_session = is_session_of_role(worker->task);
    bool done = plan->source != SOURCE_ROLES_ANYWHERE ||
                create_session(worker, &request, is_session,
                               is_session ? &worker->role : &plan->keys, error);
    if (done && !is_session) {
        report_stage(worker->pipe, WHOLE_BATCH, "assuming the role ", request.role_arn);
        done = sts_assume_role(&worker->sts, &plan->keys, &request, &worker->role, error);
        aws_client_close(&worker->sts);
    }
    forget_plan(worker);
    return done;
}

/* Carries out the plan for credentials: asks its source, and assumes the roles of its chain and of
 * the certificates. */
#include "aws/sts.h"
#include "config/arn.h"
#include "worker/worker.h"
#include "worker/worker_internal.h"

#include <stdlib.h>
#include <string.h>

/* The region of the settings, else the configured one, else that of the first certificate. */
static struct str sts_region(const struct worker_task *task, const struct arn *first)
{
    if (task->settings->region != NULL)
        return str_from(task->settings->region);
    return task->config->region != NULL ? str_from(task->config->region) : first->region;
}

bool worker_prepare_source(struct worker *worker, struct error *error)
{
    const struct worker_task *task = worker->task;
    struct arn arn;
    struct arn role;
    return arn_split(str_from(task->certificates[0]->arn), &arn) &&
           arn_split(str_from(task->certificates[0]->role_arn), &role) &&
           aws_client_prepare(&worker->sts, task->settings, SERVICE_STS, role.partition,
                              sts_region(task, &arn), task->config->https_proxy, error);
}

/* Wipes all credentials but the last: from here on only those are needed. */
static void forget_plan(struct credential_plan *plan)
{
    char *secret = getenv("AWS_SECRET_ACCESS_KEY");
    credential_plan_free(plan);
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

bool worker_assume_role(struct worker *worker, struct error *error)
{
    struct credential_plan *plan = worker->task->plan;
    const struct role_request request = request_of(worker->task);
    report_stage(worker->pipe, WHOLE_BATCH, "assuming the role ", request.role_arn);
    bool done = sts_assume_role(&worker->sts, &plan->keys, &request, &worker->role, error);
    aws_client_close(&worker->sts);
    forget_plan(plan);
    return done;
}

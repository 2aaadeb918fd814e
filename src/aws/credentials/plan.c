#include "aws/credentials/plan.h"

#include <stdlib.h>

static void free_step(struct role_step *step)
{
    free(step->role_arn);
    free(step->external_id);
    free(step->session_name);
}

void credential_plan_free(struct credential_plan *plan)
{
    credentials_free(&plan->keys);
    free(plan->command);
    free_step(&plan->web_identity);
    buf_free(&plan->token);
    buf_free(&plan->certificates);
    buf_free(&plan->private_key);
    buf_free(&plan->passphrase);
    for (size_t i = 0; i < plan->step_count; i++)
        free_step(&plan->steps[i]);
    *plan = (struct credential_plan){0};
}

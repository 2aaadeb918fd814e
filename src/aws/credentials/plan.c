#include "aws/credentials/plan.h"

#include <stdlib.h>

static void free_step(struct role_step *step)
{
    free(step->role_arn);
    free(step->external_id);
    free(step->session_name);
}

void credential_plan_note_file(struct credential_plan *plan, const char *path)
{
    if (plan->file_count < LIMIT_CREDENTIAL_FILES)
        plan->files[plan->file_count++] = str_duplicate(str_from(path));
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
    free(plan->tried);
    for (size_t i = 0; i < plan->file_count; i++)
        free(plan->files[i]);
    *plan = (struct credential_plan){0};
}

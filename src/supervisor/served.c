#include "supervisor/served.h"

#include "worker/served_work.h"

static void on_served(void *context, size_t index, const struct frame *frame)
{
    struct served_result *result = &((struct served *)context)->results[index];
    if (frame->type != FRAME_SERVED)
        return;
    result->state = (enum served_state)frame->verdict;
    result->not_after = frame->not_after;
}

static void on_failure(void *context, size_t index, const struct error *error)
{
    struct served_result *result = &((struct served *)context)->results[index];
    if (result->state != SERVED_OTHER)
        result->state = SERVED_UNREACHABLE;
    result->error = *error;
}

bool served_start(struct served *served, const struct config *config, const size_t *indexes,
                  size_t count, const struct worker_user *user, struct served_patience patience)
{
    *served =
        (struct served){.listener = {.context = served, .failure = on_failure, .other = on_served}};
    batch_init(&served->batch, config, indexes, count, user, &served->listener);
    served->batch.work = served_work_run;
    served->batch.credentials = BATCH_CREDENTIALS_UNUSED;
    served->batch.needs_ca_bundle = false;
    served->batch.patience = patience;
    return batch_start(&served->batch);
}

/* Was it really taken up? A look at what servers present, after commands and after each fetch.
 * Declared in cycle.h. */
#include "base/log.h"
#include "supervisor/cycle.h"

#include <stdlib.h>

static void finish(struct cycle *cycle);

void looks_start(struct cycle *cycle, struct served_patience patience)
{
    struct command_job *job = &cycle->job;
    size_t count = 0;
    for (size_t i = 0; i < job->count; i++) {
        size_t place = job->places[i];
        cycle->progress[place].look = false;
        if (cycle_certificate(cycle, place)->served_at != NULL)
            job->places[count++] = place;
        else
            commands_succeed(cycle, place);
    }
    job->count = count;
    job->state = JOB_LOOK;
    job->served = count == 0 ? NULL : malloc(sizeof *job->served);
    if (job->served == NULL ||
        !served_start(job->served, cycle->config, job->places, count, &cycle->user, patience))
        finish(cycle);
}

bool looks_begin(struct cycle *cycle)
{
    struct command_job *job = &cycle->job;
    /* At boot servers start after the agent that stays, which nobody waits for. */
    bool stays = cycle->listener.fetched != NULL;
    struct served_patience patience = {stays ? LIMIT_SERVED_MS : 0, false};
    job->count = 0;
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        const struct certificate_progress *progress = &cycle->progress[i];
        if (!progress->look || progress->pending)
            continue;
        job->places[job->count++] = i;
        /* A server may notice new files by itself. */
        if (progress->state == CERTIFICATE_UPDATED)
            patience = (struct served_patience){LIMIT_SERVED_MS, true};
    }
    job->after_command = false;
    if (job->count > 0)
        looks_start(cycle, patience);
    return job->count > 0;
}

/* A server that presents another certificate although nothing changed missed an earlier change: its
 * command shall make it look again. */
static void judge(struct cycle *cycle, size_t place, const struct served_result *result)
{
    struct certificate_status *status = &cycle->statuses[place];
    status->served = result->state;
    status->served_not_after = result->not_after;
    if (result->state == SERVED_SAME) {
        log_info("Certificate served at %s as installed for %s",
                 cycle_certificate(cycle, place)->served_at, cycle_certificate(cycle, place)->arn);
        commands_succeed(cycle, place);
    } else if (cycle->job.after_command ||
               cycle_certificate(cycle, place)->refresh_command == NULL) {
        commands_fail(cycle, place, &result->error);
    } else {
        log_warn("%s: %s", cycle_certificate(cycle, place)->arn, result->error.message);
        commands_ask(cycle, place, "the server does not present this certificate");
    }
}

static void finish(struct cycle *cycle)
{
    struct command_job *job = &cycle->job;
    struct error error = error_none();
    error_no_memory(&error);
    for (size_t i = 0; i < job->count; i++) {
        if (job->served != NULL)
            judge(cycle, job->places[i], &job->served->results[job->places[i]]);
        else
            commands_fail(cycle, job->places[i], &error);
    }
    free(job->served);
    job->served = NULL;
    commands_let_go(cycle);
}

void looks_go_on(struct cycle *cycle, bool readable)
{
    if (!batch_go_on(&cycle->job.served->batch, readable))
        finish(cycle);
}

void looks_stop(struct cycle *cycle)
{
    if (cycle->job.served != NULL)
        batch_abandon(&cycle->job.served->batch);
    free(cycle->job.served);
    cycle->job.served = NULL;
}

#include "supervisor/hook_queue_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Ends the current job. */
static void reset_to_idle(struct hook_queue *queue)
{
    queue->count = 0;
    queue->state = HOOK_QUEUE_IDLE;
}

void hook_queue_init(struct hook_queue *queue, struct certificate_list *list,
                     const struct worker_user *user, bool resident)
{
    *queue =
        (struct hook_queue){.list = list, .user = *user, .resident = resident, .runner.pipe = -1};
}

/* --- probes ----------------------------------------------------------------------------------- */

static void abandon_probe(struct hook_queue *queue)
{
    if (queue->served != NULL)
        batch_abandon(&queue->served->batch);
    free(queue->served);
    queue->served = NULL;
}

static void fail_probe(struct hook_queue *queue, size_t i, const struct error *error)
{
    if (queue->probe_follows_hook)
        certificate_hook_failed(hook_queue_member(queue, i), error);
    else
        certificate_probe_failed(hook_queue_member(queue, i), error);
}

static void end_probe(struct hook_queue *queue)
{
    struct error error = error_none();
    if (queue->served == NULL)
        error_no_memory(&error); /* start_probe could not allocate it */
    for (size_t i = 0; i < queue->count; i++) {
        if (queue->served == NULL)
            fail_probe(queue, i, &error);
        else
            certificate_probed(hook_queue_member(queue, i),
                               &queue->served->results[queue->indexes[i]],
                               queue->probe_follows_hook);
    }
    free(queue->served);
    queue->served = NULL;
    reset_to_idle(queue);
}

static void start_probe(struct hook_queue *queue, struct served_patience patience)
{
    queue->state = HOOK_QUEUE_PROBE;
    queue->served = malloc(sizeof *queue->served);
    if (queue->served == NULL || !served_start(queue->served, queue->list->config, queue->indexes,
                                               queue->count, &queue->user, patience))
        end_probe(queue);
}

/* After a hook: probes the servers of the job's certificates with served_at. The others are
 * done. */
static void probe_after_hook(struct hook_queue *queue)
{
    size_t count = 0;
    for (size_t i = 0; i < queue->count; i++) {
        if (hook_queue_member(queue, i)->config->served_at != NULL)
            queue->indexes[count++] = queue->indexes[i];
        else
            certificate_hook_succeeded(hook_queue_member(queue, i));
    }
    queue->count = count;
    queue->probe_follows_hook = true;
    if (count > 0)
        start_probe(queue, (struct served_patience){LIMIT_SERVED_MS, .with_others = true});
    else
        reset_to_idle(queue);
}

/* Starts a probe job for all certificates whose probe is due. False when none is. */
static bool start_due_probes(struct hook_queue *queue)
{
    struct served_patience patience = {queue->resident ? LIMIT_SERVED_MS : 0, false};
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        struct certificate *each = &queue->list->entries[i];
        if (each->life.deployment != DEPLOYMENT_PROBE_DUE)
            continue;
        life_cycle_next(&each->life, LIFE_PROBE_STARTED);
        queue->indexes[queue->count++] = i;
        /* A server without a hook may detect new files by itself: give it time. */
        if (each->life.result == FETCH_UPDATED && !each->probe_failed)
            patience = (struct served_patience){LIMIT_SERVED_MS, .with_others = true};
    }
    queue->probe_follows_hook = false;
    if (queue->count == 0)
        return false;
    start_probe(queue, patience);
    return true;
}

/* --- hooks ------------------------------------------------------------------------------------ */

/* True while a certificate with the same command is being fetched, so that one hook run serves
 * both. */
static bool waits_for_others(const struct hook_queue *queue, const struct certificate *certificate)
{
    if (deadline_left_ms(certificate->gather_until) == 0)
        return false;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        const struct certificate *other = &queue->list->entries[i];
        if (other->life.fetch != FETCH_IDLE && hook_queue_share_command(certificate, other))
            return true;
    }
    return false;
}

/* The index of the first certificate whose hook may run now; SIZE_MAX: none. Sets `*waiting` when
 * any hook is due. */
static size_t next_due(struct hook_queue *queue, bool *waiting, struct deadline *wake)
{
    *waiting = false;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        struct certificate *each = &queue->list->entries[i];
        if (each->life.deployment != DEPLOYMENT_HOOK_DUE) {
            queue->retry[i] = (struct deadline){0};
            continue;
        }
        *waiting = true;
        if (waits_for_others(queue, each))
            *wake = deadline_earlier(*wake, each->gather_until);
        else if (deadline_left_ms(queue->retry[i]) > 0)
            *wake = deadline_earlier(*wake, queue->retry[i]);
        else
            return i;
    }
    return SIZE_MAX;
}

static void end_hook(struct hook_queue *queue, bool succeeded, const struct error *error)
{
    hook_queue_remove_lent(queue);
    for (size_t i = 0; i < queue->count; i++) {
        if (succeeded)
            log_info("Refresh command succeeded for %s", hook_queue_member(queue, i)->config->arn);
        else
            certificate_hook_failed(hook_queue_member(queue, i), error);
    }
    if (succeeded)
        probe_after_hook(queue);
    else
        reset_to_idle(queue);
}

static void start_hook(struct hook_queue *queue, const struct hook_locks *locks)
{
    struct hook_subject subjects[LIMIT_CERTIFICATES];
    struct error error = error_none();
    for (size_t i = 0; i < queue->count; i++) {
        const struct certificate *each = hook_queue_member(queue, i);
        subjects[i] =
            (struct hook_subject){each->config, each->hook_reason, each->status.not_after};
        log_info("Running refresh command for %s: %s", each->config->arn, each->hook_reason);
    }
    queue->state = HOOK_QUEUE_HOOK;
    queue->started_ms = clock_monotonic_ms();
    if (!hook_runner_start(&queue->runner, subjects, queue->count, locks, &error))
        end_hook(queue, false, &error);
}

/* Locks, then starts the hook of certificate `first`. The runner holds the locks until the hook
 * ends. */
static void start_job(struct hook_queue *queue, size_t first)
{
    struct hook_locks locks = {0};
    if (!hook_queue_lock(queue, first, &locks))
        return;
    hook_queue_collect(queue, first);
    hook_queue_fill_generations(queue, &locks);
    if (queue->count > 0) {
        start_hook(queue, &locks);
        hook_locks_close(&locks);
    } else {
        reset_to_idle(queue);
        hook_queue_give_up_locks(queue, &locks);
    }
}

/* A place for a runner that is to be reaped. All are taken only when that many could not be killed.
 */
static pid_t *free_slot(struct hook_queue *queue)
{
    size_t slot = 0;
    while (slot < HOOK_QUEUE_ENDED - 1 && queue->ended[slot] != 0)
        slot++;
    return &queue->ended[slot];
}

static void continue_hook(struct hook_queue *queue)
{
    struct error error = error_none();
    if (!hook_runner_receive(&queue->runner))
        return;
    log_debug("The refresh command ran for %lld ms",
              (long long)(clock_monotonic_ms() - queue->started_ms));
    bool succeeded = hook_runner_finish(&queue->runner, free_slot(queue), &error);
    end_hook(queue, succeeded, &error);
}

/* --- the queue -------------------------------------------------------------------------------- */

/* Reaps runners that have reported. */
static void reap_ended(struct hook_queue *queue)
{
    for (size_t i = 0; i < HOOK_QUEUE_ENDED; i++)
        if (queue->ended[i] != 0 && waitpid(queue->ended[i], NULL, WNOHANG) != 0)
            queue->ended[i] = 0;
}

/* Starts the next due job unless one is running. True while a job is due or running. */
static bool start_next(struct hook_queue *queue, struct deadline *wake)
{
    bool waiting = false;
    size_t due = SIZE_MAX;
    while (queue->state == HOOK_QUEUE_IDLE && (due = next_due(queue, &waiting, wake)) != SIZE_MAX)
        start_job(queue, due);
    if (queue->state != HOOK_QUEUE_IDLE)
        return true;
    if (!start_due_probes(queue))
        return waiting;
    if (queue->state == HOOK_QUEUE_IDLE)
        *wake = deadline_in(0); /* the probe failed at once, and may have made a hook due */
    return true;
}

bool hook_queue_start_due(struct hook_queue *queue, struct pollfd *event, struct deadline *wake)
{
    *event = (struct pollfd){.fd = -1, .events = POLLIN};
    reap_ended(queue);
    bool waiting = start_next(queue, wake);
    switch (queue->state) {
    case HOOK_QUEUE_HOOK:
        *wake = deadline_earlier(*wake, queue->runner.deadline);
        event->fd = queue->runner.pipe;
        return true;
    case HOOK_QUEUE_PROBE:
        *wake = deadline_earlier(*wake, queue->served->batch.deadline);
        event->fd = queue->served->batch.pipe;
        return true;
    default:
        return waiting;
    }
}

void hook_queue_handle_events(struct hook_queue *queue, const struct pollfd *event)
{
    if (queue->state == HOOK_QUEUE_HOOK)
        continue_hook(queue);
    else if (queue->state == HOOK_QUEUE_PROBE &&
             !batch_handle_events(&queue->served->batch, event->revents != 0))
        end_probe(queue);
}

void hook_queue_free(struct hook_queue *queue)
{
    if (queue->state == HOOK_QUEUE_HOOK)
        log_info("The refresh command for %s continues without the agent; the next one learns how "
                 "it ended",
                 queue->runner.arn);
    hook_runner_free(&queue->runner);
    hook_queue_forget_departed(queue);
    abandon_probe(queue);
    reset_to_idle(queue);
}

void hook_queue_take_over(struct hook_queue *queue, struct hook_queue *earlier,
                          const size_t *index_before)
{
    size_t count = 0;
    memcpy(queue->ended, earlier->ended, sizeof queue->ended);
    if (earlier->state == HOOK_QUEUE_HOOK) {
        queue->state = HOOK_QUEUE_HOOK;
        queue->runner = earlier->runner;
        queue->started_ms = earlier->started_ms;
        earlier->state = HOOK_QUEUE_IDLE;
        earlier->runner = (struct hook_runner){.pipe = -1};
    }
    for (size_t i = 0; i < queue->list->config->certificate_count; i++)
        for (size_t k = 0; k < earlier->count; k++)
            if (earlier->indexes[k] == index_before[i]) {
                if (queue->state == HOOK_QUEUE_HOOK)
                    queue->indexes[count++] = i;
                else
                    certificate_step_abandoned(&queue->list->entries[i]);
            }
    queue->count = count;
    hook_queue_remember_departed(queue, earlier, index_before);
}

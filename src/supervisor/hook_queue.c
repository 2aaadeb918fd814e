#include "supervisor/hook_queue.h"

#include "base/file.h"
#include "supervisor/run_directory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    LOCK_RETRY_MS = 1000,
    LOCK_WAIT_MS = LIMIT_HOOK_MS + 2 * LIMIT_HOOK_GRACE_MS, /* as long as a hook may run */
};

static struct certificate *job_certificate(const struct hook_queue *queue, size_t i)
{
    return &queue->list->entries[queue->indexes[i]];
}

/* Ends the current job. */
static void reset_to_idle(struct hook_queue *queue)
{
    close_descriptor(&queue->lock);
    queue->lock = -1;
    queue->count = 0;
    queue->lock_retry_at = 0;
    queue->state = HOOK_QUEUE_IDLE;
}

void hook_queue_init(struct hook_queue *queue, struct certificate_list *list,
                     const struct worker_user *user, bool resident)
{
    *queue = (struct hook_queue){
        .list = list, .user = *user, .resident = resident, .lock = -1, .hook.output = -1};
}

/* --- probes ----------------------------------------------------------------------------------- */

static void abandon_probe(struct hook_queue *queue)
{
    if (queue->served != NULL)
        batch_abandon(&queue->served->batch);
    free(queue->served);
    queue->served = NULL;
}

static void end_probe(struct hook_queue *queue)
{
    struct error error = error_none();
    if (queue->served == NULL)
        error_no_memory(&error); /* start_probe could not allocate it */
    for (size_t i = 0; i < queue->count; i++) {
        if (queue->served == NULL)
            certificate_step_failed(job_certificate(queue, i), &error);
        else
            certificate_probed(job_certificate(queue, i),
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
        if (job_certificate(queue, i)->config->served_at != NULL)
            queue->indexes[count++] = queue->indexes[i];
        else
            certificate_hook_succeeded(job_certificate(queue, i));
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
        life_cycle_probe_started(&each->life);
        queue->indexes[queue->count++] = i;
        /* A server without a hook may detect new files by itself: give it time. */
        if (each->life.result == FETCH_UPDATED && !each->life.probe_failed)
            patience = (struct served_patience){LIMIT_SERVED_MS, .with_others = true};
    }
    queue->probe_follows_hook = false;
    if (queue->count == 0)
        return false;
    start_probe(queue, patience);
    return true;
}

/* --- hooks ------------------------------------------------------------------------------------ */

static bool share_command(const struct certificate *a, const struct certificate *b)
{
    return a->config->refresh_command != NULL && b->config->refresh_command != NULL &&
           strcmp(a->config->refresh_command, b->config->refresh_command) == 0;
}

/* True while a certificate with the same command is being fetched, so that one hook run serves
 * both. */
static bool waits_for_others(const struct hook_queue *queue, const struct certificate *certificate)
{
    if (deadline_left_ms(certificate->life.gather_until) == 0)
        return false;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        const struct certificate *other = &queue->list->entries[i];
        if (other->life.fetch != FETCH_IDLE && share_command(certificate, other))
            return true;
    }
    return false;
}

/* The first certificate whose hook may run now; NULL: none. Sets `*waiting` when any hook is
 * due. */
static struct certificate *next_due(const struct hook_queue *queue, bool *waiting,
                                    struct deadline *wake)
{
    *waiting = false;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        struct certificate *each = &queue->list->entries[i];
        if (each->life.deployment != DEPLOYMENT_HOOK_DUE)
            continue;
        *waiting = true;
        if (!waits_for_others(queue, each))
            return each;
        *wake = deadline_earlier(*wake, each->life.gather_until);
    }
    return NULL;
}

/* Adds the certificates to the job whose due hook is the same command as that of `first`. */
static void collect_job(struct hook_queue *queue, const struct certificate *first)
{
    queue->count = 0;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        struct certificate *each = &queue->list->entries[i];
        if (each->life.deployment != DEPLOYMENT_HOOK_DUE || !share_command(first, each) ||
            !certificate_hook_is_still_due(each))
            continue;
        life_cycle_hook_started(&each->life);
        queue->indexes[queue->count++] = i;
    }
}

static void end_hook(struct hook_queue *queue, bool succeeded, const struct error *error)
{
    for (size_t i = 0; i < queue->count; i++) {
        if (succeeded)
            log_info("Refresh command succeeded for %s", job_certificate(queue, i)->config->arn);
        else
            certificate_step_failed(job_certificate(queue, i), error);
    }
    if (succeeded)
        probe_after_hook(queue);
    else
        reset_to_idle(queue);
}

static void start_hook(struct hook_queue *queue)
{
    struct hook_subject subjects[LIMIT_CERTIFICATES];
    struct error error = error_none();
    for (size_t i = 0; i < queue->count; i++) {
        const struct certificate *each = job_certificate(queue, i);
        subjects[i] =
            (struct hook_subject){each->config, each->life.hook_reason, each->status.not_after};
        log_info("Running refresh command for %s: %s", each->config->arn, each->life.hook_reason);
    }
    queue->state = HOOK_QUEUE_HOOK;
    queue->started_ms = clock_monotonic_ms();
    if (!hook_start(&queue->hook, subjects, queue->count, &error))
        end_hook(queue, false, &error);
}

enum lock_attempt { LOCK_TAKEN, LOCK_BUSY, LOCK_FAILED };

/* LOCK_BUSY: another process holds it, and lock_retry_at says when to try again. LOCK_FAILED: it
 * cannot be taken, or was busy for longer than a hook may run; `error` has the reason. */
static enum lock_attempt try_lock(struct hook_queue *queue, struct error *error)
{
    FD_AUTO int directory = run_directory_open(queue->list->config_path, queue->list->config);
    if (!run_directory_lock_hooks(directory, &queue->lock, error))
        return LOCK_FAILED;
    if (queue->lock >= 0)
        return LOCK_TAKEN;
    if (queue->lock_retry_at == 0)
        queue->lock_deadline = deadline_in(LOCK_WAIT_MS);
    queue->lock_retry_at = clock_monotonic_ms() + LOCK_RETRY_MS;
    if (deadline_left_ms(queue->lock_deadline) > 0)
        return LOCK_BUSY;
    error_refuse(error, ERROR_TRANSIENT, "if another wcp-tiny hangs (see ps), kill it",
                 "another process has held the lock on the refresh commands for %u s",
                 (unsigned)LOCK_WAIT_MS / 1000);
    return LOCK_FAILED;
}

/* Locks, then starts the hook of `first`. The lock is held until the job ends. */
static void start_job(struct hook_queue *queue, struct certificate *first)
{
    struct error error = error_none();
    switch (try_lock(queue, &error)) {
    case LOCK_FAILED:
        queue->lock_retry_at = 0;
        certificate_hook_not_started(first, &error);
        return;
    case LOCK_BUSY:
        return;
    case LOCK_TAKEN:
        break;
    }
    collect_job(queue, first);
    if (queue->count > 0)
        start_hook(queue);
    else
        reset_to_idle(queue);
}

static void continue_hook(struct hook_queue *queue, bool readable)
{
    struct error error = error_none();
    int status = 0;
    if (readable)
        hook_receive(&queue->hook);
    bool ended = hook_reap(&queue->hook, &status);
    if (!ended && (deadline_left_ms(queue->hook.deadline) > 0 || hook_expire(&queue->hook)))
        return;
    if (!ended)
        queue->abandoned = queue->hook.pid;
    log_debug("The refresh command ran for %lld ms",
              (long long)(clock_monotonic_ms() - queue->started_ms));
    bool succeeded = hook_finish(&queue->hook, ended, status, &error);
    end_hook(queue, succeeded, &error);
}

/* --- the queue -------------------------------------------------------------------------------- */

/* Reaps a hook that was given up and has ended since. */
static void reap_abandoned(struct hook_queue *queue)
{
    if (queue->abandoned != 0 && waitpid(queue->abandoned, NULL, WNOHANG) != 0)
        queue->abandoned = 0;
}

/* Starts the next due job unless one is running. True while a job is due or running. */
static bool start_next(struct hook_queue *queue, struct deadline *wake)
{
    bool waiting = false;
    struct certificate *due = NULL;
    while (queue->state == HOOK_QUEUE_IDLE && (due = next_due(queue, &waiting, wake)) != NULL &&
           clock_monotonic_ms() >= queue->lock_retry_at)
        start_job(queue, due);
    if (queue->state != HOOK_QUEUE_IDLE)
        return true;
    if (!waiting)
        queue->lock_retry_at = 0; /* no hook waits for the lock any more */
    if (!start_due_probes(queue))
        return waiting;
    if (queue->state == HOOK_QUEUE_IDLE)
        *wake = deadline_in(0); /* the probe failed at once, and may have made a hook due */
    return true;
}

bool hook_queue_start_due(struct hook_queue *queue, struct pollfd *event, struct deadline *wake)
{
    *event = (struct pollfd){.fd = -1, .events = POLLIN};
    reap_abandoned(queue);
    bool waiting = start_next(queue, wake);
    switch (queue->state) {
    case HOOK_QUEUE_HOOK:
        *wake = deadline_earlier(*wake, hook_next_check(&queue->hook));
        event->fd = queue->hook.output;
        return true;
    case HOOK_QUEUE_PROBE:
        *wake = deadline_earlier(*wake, queue->served->batch.deadline);
        event->fd = queue->served->batch.pipe;
        return true;
    default:
        if (queue->lock_retry_at > 0)
            *wake = deadline_earlier(*wake, (struct deadline){queue->lock_retry_at});
        return waiting;
    }
}

void hook_queue_handle_events(struct hook_queue *queue, const struct pollfd *event)
{
    bool readable = event->revents != 0;
    if (queue->state == HOOK_QUEUE_HOOK)
        continue_hook(queue, readable);
    else if (queue->state == HOOK_QUEUE_PROBE &&
             !batch_handle_events(&queue->served->batch, readable))
        end_probe(queue);
}

void hook_queue_free(struct hook_queue *queue)
{
    if (queue->state == HOOK_QUEUE_HOOK)
        log_info("The refresh command for %s continues without the agent; it counts as pending",
                 queue->hook.arn);
    hook_free(&queue->hook);
    abandon_probe(queue);
    reset_to_idle(queue);
}

void hook_queue_take_over(struct hook_queue *queue, struct hook_queue *earlier,
                          const size_t *index_before)
{
    size_t count = 0;
    queue->abandoned = earlier->abandoned;
    if (earlier->state == HOOK_QUEUE_HOOK) {
        queue->state = HOOK_QUEUE_HOOK;
        queue->lock = earlier->lock;
        queue->hook = earlier->hook;
        queue->started_ms = earlier->started_ms;
        earlier->state = HOOK_QUEUE_IDLE;
        earlier->lock = -1;
        earlier->hook = (struct hook){.output = -1};
    }
    for (size_t i = 0; i < queue->list->config->certificate_count; i++)
        for (size_t k = 0; k < earlier->count; k++)
            if (earlier->indexes[k] == index_before[i]) {
                if (queue->state == HOOK_QUEUE_HOOK)
                    queue->indexes[count++] = i;
                else
                    life_cycle_restart_step(&queue->list->entries[i].life);
            }
    queue->count = count;
}

/* Whether a hook may run now: another process may run it, or have run it, or hold a lock. */
#include "supervisor/hook_queue_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    RETRY_MS = 1000,
    WAIT_MS = LIMIT_HOOK_MS + 2 * LIMIT_HOOK_GRACE_MS, /* as long as a hook may run */
};

struct certificate *hook_queue_member(const struct hook_queue *queue, size_t member)
{
    return &queue->list->entries[queue->indexes[member]];
}

bool hook_queue_share_command(const struct certificate *a, const struct certificate *b)
{
    return a->config->refresh_command != NULL && b->config->refresh_command != NULL &&
           strcmp(a->config->refresh_command, b->config->refresh_command) == 0;
}

/* Notes that another process prevents the hook of certificate `index`. False: for too long. */
static bool wait_for_others_end(struct hook_queue *queue, size_t index)
{
    if (queue->retry[index].at_ms == 0)
        queue->latest[index] = deadline_in(WAIT_MS);
    queue->retry[index] = deadline_in(RETRY_MS);
    return deadline_left_ms(queue->latest[index]) > 0;
}

/* The same for all certificates with the same command: one attempt serves them all. `holder` has
 * the lock that is held. Whoever holds it may have changed: a hook that has begun meanwhile may
 * take its time. */
static bool wait_for_command(struct hook_queue *queue, size_t first,
                             const struct certificate_config *holder)
{
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        const struct certificate *each = &queue->list->entries[i];
        if (i != first && each->life.deployment == DEPLOYMENT_HOOK_DUE &&
            hook_queue_share_command(each, &queue->list->entries[first]))
            wait_for_others_end(queue, i);
    }
    return wait_for_others_end(queue, first) || hook_record_is_in_time(holder);
}

static void stop_waiting(struct hook_queue *queue, size_t index)
{
    queue->retry[index] = (struct deadline){0};
}

/* A due hook whose certificate is gone must wait: its file system may not be mounted. */
static bool has_certificate(const struct certificate *certificate, struct error *error)
{
    return install_stamp(certificate->config).inode != 0 ||
           error_refuse(error, ERROR_TRANSIENT, "mount the file system that holds it",
                        "the certificate's file %s is not there",
                        certificate->config->certificate_path);
}

static void refuse_to_start(struct hook_queue *queue, struct certificate *certificate,
                            enum hook_lock result, struct error *error)
{
    if (result == HOOK_LOCK_HELD)
        error_refuse(error, ERROR_TRANSIENT,
                     "if that command hangs, or another process holds the lock (ps, lsof), end it",
                     "another process has held the lock on the refresh command, a hidden file "
                     "beside %s that ends in .wcp-hook, for more than %u s",
                     certificate->config->certificate_path, (unsigned)WAIT_MS / 1000);
    stop_waiting(queue, (size_t)(certificate - queue->list->entries));
    certificate_hook_not_started(certificate, error);
}

/* --- hooks of certificates that are not configured any more ------------------------------------
 */

static void forget_departed(struct hook_queue *queue, size_t index)
{
    free(queue->departed[index].certificate_path);
    free(queue->departed[index].command);
    queue->departed[index] = queue->departed[--queue->departed_count];
}

void hook_queue_forget_departed(struct hook_queue *queue)
{
    while (queue->departed_count > 0)
        forget_departed(queue, 0);
}

static void remember_departed(struct hook_queue *queue, const struct certificate_config *config)
{
    struct departed_hook departed = {str_duplicate(str_from(config->certificate_path)),
                                     str_duplicate(str_from(config->refresh_command))};
    if (queue->departed_count == LIMIT_CERTIFICATES || departed.certificate_path == NULL ||
        departed.command == NULL) {
        free(departed.certificate_path);
        free(departed.command);
        return;
    }
    queue->departed[queue->departed_count++] = departed;
}

static bool is_configured_still(const struct hook_queue *queue, const size_t *index_before,
                                size_t index)
{
    for (size_t i = 0; i < queue->list->config->certificate_count; i++)
        if (index_before[i] == index)
            return true;
    return false;
}

void hook_queue_remember_departed(struct hook_queue *queue, struct hook_queue *earlier,
                                  const size_t *index_before)
{
    memcpy(queue->departed, earlier->departed, sizeof queue->departed);
    queue->departed_count = earlier->departed_count;
    earlier->departed_count = 0;
    for (size_t i = 0; i < earlier->list->config->certificate_count; i++) {
        const struct certificate_config *config = earlier->list->entries[i].config;
        if (!is_configured_still(queue, index_before, i) && config->refresh_command != NULL &&
            hook_record_is_held(config))
            remember_departed(queue, config);
    }
}

/* Waits while the command runs for a certificate that is not configured any more. False: it does
 * not, or for too long. */
static bool wait_for_departed(struct hook_queue *queue, size_t first)
{
    const char *command = queue->list->entries[first].config->refresh_command;
    for (size_t i = queue->departed_count; i-- > 0;) {
        const struct departed_hook *departed = &queue->departed[i];
        const struct certificate_config config = {.certificate_path = departed->certificate_path};
        if (strcmp(departed->command, command) != 0)
            continue;
        if (!hook_record_is_held(&config))
            forget_departed(queue, i);
        else if (wait_for_command(queue, first, &config))
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------------------------------------- */

bool hook_queue_lock(struct hook_queue *queue, size_t first, struct hook_locks *locks)
{
    locks->count = 0;
    if (wait_for_departed(queue, first))
        return false;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        struct certificate *each = &queue->list->entries[i];
        struct error error = error_none();
        bool is_due = each->life.deployment == DEPLOYMENT_HOOK_DUE;
        int lock = -1;
        if (!hook_queue_share_command(each, &queue->list->entries[first]))
            continue;
        enum hook_lock result = is_due && !has_certificate(each, &error)
                                    ? HOOK_LOCK_FAILED
                                    : hook_record_lock(each->config, &lock, &error);
        if (result == HOOK_LOCK_TAKEN) {
            locks->indexes[locks->count] = i;
            locks->files[locks->count++] = lock;
            continue;
        }
        if (result == HOOK_LOCK_HELD && wait_for_command(queue, first, each->config)) {
            hook_locks_close(locks);
            return false;
        }
        if (!is_due)
            continue; /* nobody can lock it, or somebody has for longer than any hook may run */
        hook_locks_close(locks);
        refuse_to_start(queue, each, result, &error);
        return false;
    }
    return true;
}

/* Asks whether the hook of certificate `index` is to run now. */
static bool is_still_due(struct hook_queue *queue, size_t index)
{
    struct certificate *certificate = &queue->list->entries[index];
    struct error error;
    bool held = false;
    if (certificate_hook_is_still_due(certificate, &held)) {
        stop_waiting(queue, index);
        return true;
    }
    if (!held) {
        stop_waiting(queue, index);
    } else if (!wait_for_others_end(queue, index)) {
        stop_waiting(queue, index);
        error_refuse(&error, ERROR_TRANSIENT, "if another wcp-tiny hangs (ps), end it",
                     "another process has held the lock on the certificate's directory for %u s; "
                     "the refresh command has not been run",
                     (unsigned)WAIT_MS / 1000);
        certificate_hook_not_started(certificate, &error);
    }
    return false;
}

void hook_queue_collect(struct hook_queue *queue, size_t first)
{
    queue->count = 0;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        struct certificate *each = &queue->list->entries[i];
        if (each->life.deployment != DEPLOYMENT_HOOK_DUE ||
            !hook_queue_share_command(&queue->list->entries[first], each) ||
            !is_still_due(queue, i))
            continue;
        certificate_hook_started(each);
        queue->indexes[queue->count++] = i;
    }
}

void hook_queue_fill_generations(const struct hook_queue *queue, struct hook_locks *locks)
{
    for (size_t i = 0; i < locks->count; i++)
        memcpy(locks->generations[i], queue->list->entries[locks->indexes[i]].running,
               GENERATION_SIZE);
}

void hook_queue_give_up_locks(const struct hook_queue *queue, struct hook_locks *locks)
{
    size_t count = locks->count;
    hook_locks_close(locks);
    for (size_t i = 0; i < count; i++) {
        const struct certificate *each = &queue->list->entries[locks->indexes[i]];
        if (each->due[0] == '\0')
            hook_record_remove(each->config);
    }
}

void hook_queue_remove_lent(const struct hook_queue *queue)
{
    for (size_t i = 0; queue->count > 0 && i < queue->list->config->certificate_count; i++) {
        const struct certificate *each = &queue->list->entries[i];
        if (hook_queue_share_command(each, hook_queue_member(queue, 0)) &&
            each->running[0] == '\0' && each->life.deployment == DEPLOYMENT_DONE)
            hook_record_remove(each->config);
    }
}

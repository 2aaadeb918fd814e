#include "supervisor/fetch_queue.h"

#include "base/format.h"
#include "store/lock.h"

#include <stdlib.h>
#include <string.h>

static struct certificate *certificate_at(void *queue, size_t index)
{
    return &((struct fetch_queue *)queue)->list->entries[index];
}

static void on_started(void *queue, size_t index)
{
    certificate_fetch_started(certificate_at(queue, index));
}

static void on_bundle(void *queue, size_t index, const struct frame *frame)
{
    certificate_fetched(certificate_at(queue, index), frame, ((struct fetch_queue *)queue)->force);
}

static void on_failure(void *queue, size_t index, const struct error *error)
{
    certificate_fetch_failed(certificate_at(queue, index), error);
}

static void on_other(void *context, size_t index, const struct frame *frame)
{
    struct fetch_queue *queue = context;
    (void)index;
    if (frame->type != FRAME_CREDENTIALS)
        return;
    format_text(queue->credentials.name, sizeof queue->credentials.name, "%.*s",
                (int)frame->text.length, frame->text.data);
    make_printable(queue->credentials.name, strlen(queue->credentials.name));
    queue->credentials.until = frame->not_after;
}

void fetch_queue_init(struct fetch_queue *queue, struct certificate_list *list,
                      const struct worker_user *user)
{
    *queue = (struct fetch_queue){
        .list = list,
        .user = *user,
        .listener = {.context = queue,
                     .started = on_started,
                     .bundle = on_bundle,
                     .failure = on_failure,
                     .other = on_other},
    };
}

static void free_slot(struct fetch_queue *queue, size_t slot)
{
    free(queue->slots[slot]);
    queue->slots[slot] = NULL;
}

void fetch_queue_free(struct fetch_queue *queue)
{
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++) {
        if (queue->slots[slot] != NULL)
            batch_abandon(queue->slots[slot]);
        free_slot(queue, slot);
    }
}

static size_t count_free_slots(const struct fetch_queue *queue)
{
    size_t count = 0;
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++)
        count += queue->slots[slot] == NULL;
    return count;
}

/* The due certificate with the fewest failures, whose role is assumed next. NULL: none is due, or
 * all due ones have failed before and only one slot is free, which is kept for a certificate that
 * has not failed. */
static const struct certificate_config *next_session(const struct fetch_queue *queue)
{
    const struct certificate *best = NULL;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        const struct certificate *each = &queue->list->entries[i];
        if (each->life.fetch == FETCH_DUE &&
            (best == NULL || each->fetch_failures.count < best->fetch_failures.count))
            best = each;
    }
    if (best == NULL || (best->fetch_failures.count > 0 && count_free_slots(queue) < 2))
        return NULL;
    return best->config;
}

/* Marks the due certificates that are exported in the session of `first` as being fetched, and
 * lists their indexes. Returns their number. */
static size_t mark_fetches_started(struct fetch_queue *queue,
                                   const struct certificate_config *first,
                                   size_t indexes[LIMIT_CERTIFICATES])
{
    size_t count = 0;
    for (size_t i = 0; i < queue->list->config->certificate_count; i++) {
        struct certificate *each = &queue->list->entries[i];
        if (each->life.fetch != FETCH_DUE || !config_same_session(each->config, first))
            continue;
        certificate_given_to_worker(each);
        indexes[count++] = i;
    }
    return count;
}

static void start_worker(struct fetch_queue *queue, size_t slot,
                         const struct certificate_config *first)
{
    size_t indexes[LIMIT_CERTIFICATES];
    size_t count = mark_fetches_started(queue, first, indexes);
    struct batch *batch = calloc(1, sizeof *batch);
    struct error error = error_none();
    queue->slots[slot] = batch;
    if (batch == NULL) {
        error_no_memory(&error);
        for (size_t i = 0; i < count; i++)
            certificate_fetch_failed(certificate_at(queue, indexes[i]), &error);
        return;
    }
    batch_init(batch, queue->list->config, indexes, count, &queue->user, &queue->listener);
    batch->resident = certificate_at(queue, indexes[0])->resident;
    if (!batch_start(batch))
        free_slot(queue, slot);
}

bool fetch_queue_start_due(struct fetch_queue *queue, struct pollfd events[LIMIT_WORKERS],
                           struct deadline *wake)
{
    const struct certificate_config *first = NULL;
    bool busy = false;
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++) {
        while (queue->slots[slot] == NULL && (first = next_session(queue)) != NULL)
            start_worker(queue, slot, first);
        const struct batch *batch = queue->slots[slot];
        events[slot] = (struct pollfd){.fd = batch == NULL ? -1 : batch->pipe, .events = POLLIN};
        if (batch == NULL)
            continue;
        busy = true;
        *wake = deadline_earlier(*wake, batch->deadline);
    }
    return busy;
}

void fetch_queue_handle_events(struct fetch_queue *queue, const struct pollfd events[LIMIT_WORKERS])
{
    for (size_t slot = 0; slot < LIMIT_WORKERS && !stop_is_pending(); slot++) {
        struct batch *batch = queue->slots[slot];
        if (batch != NULL && !batch_handle_events(batch, events[slot].revents != 0))
            free_slot(queue, slot);
    }
}

bool fetch_queue_runs_command(const struct fetch_queue *queue)
{
    for (size_t slot = 0; slot < LIMIT_WORKERS; slot++)
        if (queue->slots[slot] != NULL && queue->slots[slot]->is_command)
            return true;
    return false;
}

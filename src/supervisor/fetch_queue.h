/* Which certificates are fetched, by which worker. Certificates that share a role share a worker,
 * as one AssumeRole serves them; at most LIMIT_WORKERS run at a time. */
#ifndef WCP_SUPERVISOR_FETCH_QUEUE_H
#define WCP_SUPERVISOR_FETCH_QUEUE_H

#include "supervisor/certificate.h"

#include <poll.h>

struct fetch_queue {
    struct certificate_list *list; /* borrowed */
    struct worker_user user;
    bool force;                         /* files are replaced even when nothing changed */
    struct batch *slots[LIMIT_WORKERS]; /* owned; NULL: free */
    struct batch_listener listener;     /* of the batches; its context is this queue */
};

/* The queue must stay where it is. */
void fetch_queue_init(struct fetch_queue *queue, struct certificate_list *list,
                      const struct worker_user *user);
/* Ends the workers; what they had not reported is not reported. */
void fetch_queue_free(struct fetch_queue *queue);

/* Starts workers for due certificates as far as slots are free. Fills in one event for each slot,
 * and brings `*wake` forward to the first deadline. True while a worker runs. */
bool fetch_queue_prepare(struct fetch_queue *queue, struct pollfd events[LIMIT_WORKERS],
                         struct deadline *wake);
/* Takes what the workers have sent. */
void fetch_queue_handle_events(struct fetch_queue *queue,
                               const struct pollfd events[LIMIT_WORKERS]);

#endif

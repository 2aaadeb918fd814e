/* Assigns due certificates to workers. Certificates that share a role share a worker, so that one
 * AssumeRole call serves them all. At most LIMIT_WORKERS workers run at a time. */
#ifndef WCP_SUPERVISOR_FETCH_QUEUE_H
#define WCP_SUPERVISOR_FETCH_QUEUE_H

#include "supervisor/certificate.h"

#include <poll.h>

/* Where the credentials of a worker came from, and when they end; 0: they do not, or it is unknown.
 */
struct credentials_used {
    char name[320]; /* printable; "": none were used yet */
    int64_t until;
};

struct fetch_queue {
    struct certificate_list *list; /* borrowed */
    struct worker_user user;
    bool force;                          /* replace files even when nothing changed */
    struct batch *slots[LIMIT_WORKERS];  /* owned; NULL: free */
    struct credentials_used credentials; /* of the last worker that had some */
    struct batch_listener listener;      /* of the batches; its context is this queue */
};

/* Initialises a queue. The queue must not be moved afterwards. */
void fetch_queue_init(struct fetch_queue *queue, struct certificate_list *list,
                      const struct worker_user *user);
/* Kills the workers. Unreported certificates stay unreported. */
void fetch_queue_free(struct fetch_queue *queue);

/* Starts workers for due certificates while slots are free. Fills in one event for each slot, and
 * brings `*wake` forward to the earliest deadline. True while a worker runs. */
bool fetch_queue_start_due(struct fetch_queue *queue, struct pollfd events[LIMIT_WORKERS],
                           struct deadline *wake);
/* Reads the workers' reports, and ends workers whose deadline has passed. */
void fetch_queue_handle_events(struct fetch_queue *queue,
                               const struct pollfd events[LIMIT_WORKERS]);

/* True while a credential_process runs. */
bool fetch_queue_runs_command(const struct fetch_queue *queue);

#endif

/* Which hook runs next, and which servers are looked at. One job at a time: each distinct command
 * runs once for all certificates that changed together, then the servers of those with served_at
 * are looked at; a look without a hook follows a fetch that changed nothing. */
#ifndef WCP_SUPERVISOR_HOOK_QUEUE_H
#define WCP_SUPERVISOR_HOOK_QUEUE_H

#include "supervisor/certificate.h"
#include "supervisor/hook.h"

#include <poll.h>

enum hook_queue_state { HOOK_QUEUE_IDLE, HOOK_QUEUE_HOOK, HOOK_QUEUE_PROBE };

struct hook_queue {
    struct certificate_list *list; /* borrowed */
    struct worker_user user;       /* of the worker that looks */
    bool resident; /* nobody waits for a look: a server may take its time to start */
    enum hook_queue_state state;
    size_t indexes[LIMIT_CERTIFICATES]; /* of the certificates that the job is for */
    size_t count;
    int lock;                      /* keeps other agents' hooks away; -1: none */
    struct deadline lock_deadline; /* for the lock */
    int64_t lock_retry_at;         /* it is tried again then; 0: nobody else has it */
    struct hook hook;              /* while the state is HOOK */
    int64_t started_ms;            /* of the hook */
    struct served *served;         /* while the state is LOOK; owned */
    bool probe_follows_hook;
    pid_t abandoned; /* a hook that could not be ended; 0: none */
};

void hook_queue_init(struct hook_queue *queue, struct certificate_list *list,
                     const struct worker_user *user, bool resident);
/* Ends a look. A hook that runs is left to finish; it counts as pending. */
void hook_queue_free(struct hook_queue *queue);

/* Starts what is due. Fills in the event to wait for, and brings `*wake` forward. True while
 * something is due or under way; then the end of a child (SIGCHLD) is an event, too. */
bool hook_queue_prepare(struct hook_queue *queue, struct pollfd *event, struct deadline *wake);
void hook_queue_handle_events(struct hook_queue *queue, const struct pollfd *event);

/* Takes a hook that runs over from a queue of an earlier configuration. `index_before[i]` is the
 * index there of certificate i; SIZE_MAX: it is new. A look is ended, and begins again. */
void hook_queue_take_over(struct hook_queue *queue, struct hook_queue *earlier,
                          const size_t *index_before);

#endif

/* Runs hooks and probes, one job at a time. A hook job runs one command for all certificates that
 * changed together, then probes the servers of those with served_at. A probe job without a hook
 * follows a fetch that changed nothing. A failed job is not repeated here: the schedule plans the
 * next attempt, and certificate_retry makes the hook due again. A hook that cannot run yet, because
 * another process runs it or holds the lock of its files, is tried again here. */
#ifndef WCP_SUPERVISOR_HOOK_QUEUE_H
#define WCP_SUPERVISOR_HOOK_QUEUE_H

#include "supervisor/certificate.h"
#include "supervisor/hook_runner.h"

#include <poll.h>

enum { HOOK_QUEUE_ENDED = 4 };

/* A certificate that is not configured any more, while another process runs its hook. */
struct departed_hook {
    char *certificate_path; /* owned */
    char *command;          /* owned */
};

enum hook_queue_state { HOOK_QUEUE_IDLE, HOOK_QUEUE_HOOK, HOOK_QUEUE_PROBE };

struct hook_queue {
    struct certificate_list *list; /* borrowed */
    struct worker_user user;       /* of the probing worker */
    bool resident; /* the process stays, so a probe may wait for a server to start */
    enum hook_queue_state state;
    size_t indexes[LIMIT_CERTIFICATES]; /* of the job's certificates */
    size_t count;                       /* of indexes */
    struct hook_runner runner;          /* in state HOOK_QUEUE_HOOK */
    int64_t started_ms;                 /* start of the hook */
    /* Of hooks that another process prevents, by certificate. */
    struct deadline retry[LIMIT_CERTIFICATES];  /* the next attempt; at_ms 0: none was prevented */
    struct deadline latest[LIMIT_CERTIFICATES]; /* the last attempt */
    struct served *served;                      /* in state HOOK_QUEUE_PROBE; owned */
    bool probe_follows_hook;                    /* the probe belongs to a hook job */
    struct departed_hook departed[LIMIT_CERTIFICATES];
    size_t departed_count;
    pid_t ended[HOOK_QUEUE_ENDED]; /* runners that are still to be reaped; 0: none */
};

void hook_queue_init(struct hook_queue *queue, struct certificate_list *list,
                     const struct worker_user *user, bool resident);
/* Ends a probe. A running hook is left to finish; it stays pending in its journal. */
void hook_queue_free(struct hook_queue *queue);

/* Starts the next due job. Fills in the event to wait for, and brings `*wake` forward. True while a
 * job is due or running; then the end of a child (SIGCHLD) is an event, too. */
bool hook_queue_start_due(struct hook_queue *queue, struct pollfd *event, struct deadline *wake);
void hook_queue_handle_events(struct hook_queue *queue, const struct pollfd *event);

/* Takes over the running hook, and what is known of those of other processes, from the queue of an
 * earlier configuration. `index_before[i]` is the earlier index of certificate i; SIZE_MAX: it is
 * new. A running probe is restarted. */
void hook_queue_take_over(struct hook_queue *queue, struct hook_queue *earlier,
                          const size_t *index_before);

#endif

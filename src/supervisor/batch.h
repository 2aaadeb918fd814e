/* One batch as the supervisor sees it: a worker's pid and pipe, what it reported, and what becomes
 * of the rest when it dies. */
#ifndef WCP_SUPERVISOR_BATCH_H
#define WCP_SUPERVISOR_BATCH_H

#include "base/clock.h"
#include "base/limits.h"
#include "worker/wire.h"
#include "worker/worker.h"

/* Who hears what a batch brings. Numbers are places in config->certificates. What is NULL is not
 * wanted. */
struct batch_listener {
    void *context;
    void (*started)(void *context, size_t certificate);
    void (*bundle)(void *context, size_t certificate, const struct frame *frame);
    void (*failure)(void *context, size_t certificate, const struct error *error);
    /* Of other work than fetching: SERVED, and STEP, which concerns no certificate. */
    void (*other)(void *context, size_t certificate, const struct frame *frame);
};

struct batch {
    const struct config *config;
    const struct batch_listener *listener;
    struct worker_user user;
    worker_work work;                   /* worker_run, unless it is changed before the start */
    bool needs_credentials;             /* true, unless it is changed before the start */
    struct served_patience patience;    /* for the work */
    size_t members[LIMIT_CERTIFICATES]; /* places in config->certificates, not reported yet when the
                                           worker started */
    bool reported[LIMIT_CERTIFICATES];
    size_t count;
    pid_t pid; /* 0: no worker */
    int pipe;  /* non-blocking, readable; -1: none */
    struct buf input;
    struct deadline deadline;
    int64_t started_ms; /* and what it sent since, for the log */
    uint64_t received;
    int32_t current; /* the member that the worker is at, -1 before the first */
    char activity[320];
    unsigned frames;         /* how many came: a worker has only so much to say */
    bool done;               /* DONE came */
    const char *kill_reason; /* why the supervisor ended it, NULL otherwise */
};

/* Sets a batch up for the certificates in `members`, which share a role when they are to
 * be fetched. Starts nothing. */
void batch_init(struct batch *batch, const struct config *config, const size_t *members,
                size_t count, const struct worker_user *user,
                const struct batch_listener *listener);

/* Reads the credentials, if the work needs them, and forks a worker. False: no worker runs, and
 * every member was reported as failed. */
bool batch_start(struct batch *batch);

/* Takes what the pipe holds now, and reports it. Call it when the pipe is readable. Returns false
 * when the worker is at its end (or was ended for sending garbage): then call batch_end. */
bool batch_receive(struct batch *batch);

/* Ends the worker by SIGKILL: its deadline has passed. Then call batch_end. */
void batch_expire(struct batch *batch);

/* Reaps the worker. A member it died in fails; the others that it had not reported are tried again
 * with a new worker: true when one was started. */
bool batch_end(struct batch *batch);

/* All of that: to be called when the pipe may be `readable`, and when the deadline has passed.
 * False when the batch is at its end. An agent that is told to stop leaves it as it is. */
bool batch_handle_events(struct batch *batch, bool readable);

/* Ends the worker and reports nothing. */
void batch_abandon(struct batch *batch);

#endif

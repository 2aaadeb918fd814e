/* One batch as the supervisor sees it: the process of a worker, the pipe from it, its reports, and
 * the handling of its death. */
#ifndef WCP_SUPERVISOR_BATCH_H
#define WCP_SUPERVISOR_BATCH_H

#include "base/clock.h"
#include "base/limits.h"
#include "worker/wire.h"
#include "worker/worker.h"

/* Receives the reports of a batch. `index` is the certificate's index in config->certificates. A
 * NULL function ignores its reports; `failure` must not be NULL. */
struct batch_listener {
    void *context;
    void (*started)(void *context, size_t index);
    void (*bundle)(void *context, size_t index, const struct frame *frame);
    void (*failure)(void *context, size_t index, const struct error *error);
    /* FRAME_SERVED; and FRAME_STEP and FRAME_CREDENTIALS with index SIZE_MAX, as they concern no
     * certificate. */
    void (*other)(void *context, size_t index, const struct frame *frame);
};

/* Whether the credentials are searched for before a worker starts. */
enum batch_credentials {
    BATCH_CREDENTIALS_REQUIRED, /* without them there is no worker */
    BATCH_CREDENTIALS_WANTED,   /* the worker gets a plan without a name when there are none */
    BATCH_CREDENTIALS_UNUSED,
};

struct batch {
    const struct config *config;
    const struct batch_listener *listener;
    struct worker_user user;
    worker_work work;                   /* worker_run; may be changed before batch_start */
    enum batch_credentials credentials; /* required; may be changed before batch_start */
    bool needs_ca_bundle;               /* true; the same */
    struct served_patience patience;    /* for served_work_run */
    bool resident;                      /* false; the same */
    size_t members[LIMIT_CERTIFICATES]; /* indexes of the certificates given to the worker */
    bool reported[LIMIT_CERTIFICATES];  /* by member */
    size_t count;                       /* of members */
    bool is_command;                    /* the process runs a credential_process, see below */
    struct credential_plan plan;        /* until the worker has it */
    struct aws_settings settings;       /* the same */
    pid_t pid;                          /* of the process; 0: none */
    int pipe;                           /* non-blocking, read end; -1: none */
    struct buf input;
    struct deadline deadline;
    int64_t started_ms;      /* for the log */
    uint64_t received;       /* bytes, for the log */
    int32_t current;         /* the member that the worker works on; -1: none */
    char activity[320];      /* the worker's current activity, for messages */
    unsigned frames;         /* received so far; their number is limited */
    bool done;               /* FRAME_DONE was received */
    const char *kill_reason; /* why the supervisor killed the worker; NULL: it did not */
};

/* Sets up a batch for the certificates with these indexes. They must share a role when they are to
 * be fetched. `config`, `user` and `listener` are borrowed. Starts no process. */
void batch_init(struct batch *batch, const struct config *config, const size_t *indexes,
                size_t count, const struct worker_user *user,
                const struct batch_listener *listener);

/* Searches for the credentials and loads the CA bundle if the work needs them, and forks a worker.
 * When a credential_process has the credentials, its command runs first: it is the process of the
 * batch, with a pipe and a deadline, and batch_end starts the worker. False: no process runs, and
 * every member was reported as failed. */
bool batch_start(struct batch *batch);

/* Reads the reports that the pipe contains, and passes them to the listener. Call it when the pipe
 * is readable. False: the worker has ended, or was killed for an invalid report; call batch_end. */
bool batch_receive(struct batch *batch);

/* Kills a worker whose deadline has passed. Call batch_end next. */
void batch_expire(struct batch *batch);

/* Reaps the process. After a command the worker starts. After a worker, the member that it worked
 * on fails; the other unreported members are given to a new worker. True: another process runs. */
bool batch_end(struct batch *batch);

/* Receives reports when the pipe may be `readable`, checks the deadline, and ends the batch when
 * needed. False: the batch has ended. Once the agent is told to stop, the batch is left as it
 * is. */
bool batch_handle_events(struct batch *batch, bool readable);

/* Kills and reaps the worker. Reports nothing. */
void batch_abandon(struct batch *batch);

#endif

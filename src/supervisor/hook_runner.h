/* Runs a hook in a process of its own, the *runner*: it starts the hook, keeps its time limit,
 * collects its output and records how it ended, even when the agent is gone by then. */
#ifndef WCP_SUPERVISOR_HOOK_RUNNER_H
#define WCP_SUPERVISOR_HOOK_RUNNER_H

#include "store/hook_record.h"
#include "supervisor/hook.h"

/* The locked records of a hook: those of all certificates that share its command, so that no other
 * process can run it meanwhile. */
struct hook_locks {
    int files[LIMIT_CERTIFICATES];                         /* descriptors of hook_record_lock */
    size_t indexes[LIMIT_CERTIFICATES];                    /* of the certificates */
    char generations[LIMIT_CERTIFICATES][GENERATION_SIZE]; /* that the hook runs for; "": none */
    size_t count;
};

/* Closes the descriptors. The locks are released unless a runner has them, too. */
void hook_locks_close(struct hook_locks *locks);

/* A running runner, as the agent sees it. */
struct hook_runner {
    char *arn;     /* of the first subject, for the log; owned */
    char *command; /* owned */
    pid_t process; /* of the runner; 0: none */
    int pipe;      /* from the runner, does not block; -1: none */
    struct buf report;
    struct deadline deadline; /* the runner should have reported by then */
};

/* Starts a runner for the hook of these subjects (hook_start). It holds the locks; the caller
 * closes its own. False: it was not started. */
bool hook_runner_start(struct hook_runner *runner, const struct hook_subject *subjects,
                       size_t count, const struct hook_locks *locks, struct error *error);

/* Reads what the runner has written. True: it has ended, or its deadline has passed; call
 * hook_runner_finish. */
bool hook_runner_receive(struct hook_runner *runner);

/* Evaluates the report, logs the hook's output, and frees the runner. False: the hook failed, or
 * its end is unknown (ERROR_TRANSIENT). The caller reaps `*process`. */
bool hook_runner_finish(struct hook_runner *runner, pid_t *process, struct error *error);

/* Frees the runner's memory. Its process goes on. */
void hook_runner_free(struct hook_runner *runner);

#endif

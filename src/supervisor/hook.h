/* Runs a hook: the refresh command that makes a server use new certificate files. It runs without a
 * shell, in a clean environment, and within a time limit. */
#ifndef WCP_SUPERVISOR_HOOK_H
#define WCP_SUPERVISOR_HOOK_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"

#include <sys/types.h>

/* A certificate that a hook runs for. Several certificates may share one run. */
struct hook_subject {
    const struct certificate_config *certificate;
    const char *reason; /* WCP_REASON */
    int64_t not_after;  /* seconds since 1970; 0: unknown */
};

/* A running hook. */
struct hook {
    char *arn;        /* of the first subject, for the log; owned */
    char *command;    /* owned */
    pid_t pid;        /* also the process group's; 0: none */
    int output;       /* non-blocking, read end; -1: none */
    struct buf tail;  /* the last LIMIT_HOOK_OUTPUT bytes of its output */
    uint64_t dropped; /* bytes of output before those */
    struct deadline deadline;
    bool terminated; /* SIGTERM was sent; SIGKILL follows */
    bool killed;     /* SIGKILL was sent */
};

/* Is told the process of a hook before it executes the command. */
typedef void (*hook_started)(void *context, pid_t process);

/* Starts `refresh_command` of the first subject. The command is split at white space and executed
 * directly when we are root, else through `sudo -n`. It has its own session, /dev/null as input, no
 * other open descriptor, and only PATH and the WCP_* variables (one line for each subject, in the
 * same order) as environment. `started` may be NULL. False: it was not started. */
bool hook_start(struct hook *hook, const struct hook_subject *subjects, size_t count,
                hook_started started, void *context, struct error *error);

/* Asks sudo whether this user may run the certificate's refresh command without a password. Runs
 * nothing. True for root, who needs no sudo. False: ERROR_DENIED with sudo's message. */
bool hook_is_allowed(const struct certificate_config *certificate, struct error *error);

/* Reads the output that is available, without waiting. */
void hook_receive(struct hook *hook);

/* Call it when the deadline has passed. The first call sends SIGTERM to the process group, the
 * second SIGKILL. The third returns false: give up. The process is left behind (a child of sudo, to
 * which we may not send signals). */
bool hook_expire(struct hook *hook);

/* Checks, without waiting, whether the process has ended. True: `*status` is wait(2)'s. A process
 * that still has the output open does not matter. */
bool hook_reap(struct hook *hook, int *status);

/* The next time to call hook_reap or hook_expire, even when no SIGCHLD arrives. */
struct deadline hook_next_check(const struct hook *hook);

/* Evaluates a hook that has `ended` with wait(2)'s `status`, or that was given up. Logs its output
 * and frees it. False: it failed (ERROR_TRANSIENT). */
bool hook_finish(struct hook *hook, bool ended, int status, struct error *error);

/* Frees the hook. A process that still runs is not affected. */
void hook_free(struct hook *hook);

#endif

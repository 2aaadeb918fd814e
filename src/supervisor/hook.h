/* Refresh commands: what makes a server take up new files. Run without a shell, in a clean
 * environment, within a limit. */
#ifndef WCP_SUPERVISOR_HOOK_H
#define WCP_SUPERVISOR_HOOK_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"

#include <sys/types.h>

/* For whom a command runs: several certificates may share it. */
struct hook_subject {
    const struct certificate_config *certificate;
    const char *reason;
    int64_t not_after; /* 0: not known */
};

/* A command under way. */
struct hook {
    char *arn; /* of the first subject, for the log; owned, as the next */
    char *command;
    pid_t pid;        /* of the process group, too; 0: none */
    int output;       /* non-blocking, readable; -1: none */
    struct buf tail;  /* the last LIMIT_HOOK_OUTPUT bytes of what it says */
    uint64_t dropped; /* how many came before those */
    struct deadline deadline;
    bool terminated; /* SIGTERM was sent: SIGKILL is next */
    bool killed;
};

/* Starts `certificate->refresh_command` of the first subject: split on white space, executed
 * directly when we are root, else through `sudo -n`; input from /dev/null, no other descriptor,
 * PATH and the WCP_* variables only (one line for each subject, in the same order), its own
 * session. */
bool hook_start(struct hook *hook, const struct hook_subject *subjects, size_t count,
                struct error *error);

/* Asks sudo whether this user may run the certificate's refresh command without a password; nothing
 * is run. True for root, who needs no sudo. False: ERROR_DENIED with what sudo says. */
bool hook_is_allowed(const struct certificate_config *certificate, struct error *error);

/* Takes what it has said since; returns at once. */
void hook_receive(struct hook *hook);

/* To be called when the deadline has passed: SIGTERM to its group, the next time SIGKILL, then it
 * is given up: false, the process is left behind (a child that sudo protects from us). */
bool hook_expire(struct hook *hook);

/* Looks, without waiting, whether it has ended: then `*status` is wait(2)'s. The end of the process
 * is the end, whoever still holds its output. */
bool hook_reap(struct hook *hook, int *status);

/* When to look again for its end, should no signal tell of it, or for its deadline. */
struct deadline hook_next_check(const struct hook *hook);

/* What became of it: `ended` with wait(2)'s `status`, or given up. Logs what it said, frees. False:
 * it failed, and why (ERROR_TRANSIENT). */
bool hook_finish(struct hook *hook, bool ended, int status, struct error *error);

/* Frees, and leaves the process to itself. */
void hook_free(struct hook *hook);

#endif

/* The worker: a forked child that processes one batch, the certificates that share a role. It gives
 * up every privilege, calls AWS, decrypts each key and verifies that it belongs to its certificate,
 * sends frames over a pipe, and exits. */
#ifndef WCP_WORKER_WORKER_H
#define WCP_WORKER_WORKER_H

#include "aws/credentials/plan.h"
#include "aws/settings.h"
#include "config/config.h"
#include "worker/sandbox.h"

/* How long a probe (served_work.h) is repeated while a server cannot be reached, as it may be
 * starting. `with_others`: also while a server presents another certificate. */
struct served_patience {
    uint32_t milliseconds;
    bool with_others;
};

/* The input of a worker, complete before the fork. */
struct worker_task {
    const struct config *config;
    const struct certificate_config *const *certificates; /* they share a role */
    size_t count;                                         /* 1 to LIMIT_CERTIFICATES */
    const struct aws_settings *settings;
    struct credential_plan *plan; /* the child wipes its copy once it has the role */
    struct buf *ca_bundle;        /* PEM; empty: the built-in roots */
    struct worker_user user;
    pid_t supervisor;
    bool resident;                   /* what is throttled is tried again later, in another batch */
    struct served_patience patience; /* for served_work_run */
};

/* The work of a worker. It runs in the forked child and does not return. `pipe` is the write end.
 */
typedef void (*worker_work)(const struct worker_task *task, int pipe);

/* Fetches the certificates. */
void worker_run(const struct worker_task *task, int pipe) __attribute__((noreturn));

#endif

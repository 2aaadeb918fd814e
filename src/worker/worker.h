/* The worker: a forked child that lives for one batch, the certificates that share a role. It gives
 * up every privilege, talks to AWS, decrypts, proves that each key belongs to its certificate,
 * writes frames to its pipe, and ends. */
#ifndef WCP_WORKER_WORKER_H
#define WCP_WORKER_WORKER_H

#include "aws/credentials.h"
#include "config/config.h"
#include "worker/sandbox.h"

/* For how long a look (served.h) is repeated: while a server cannot be reached, as it may be
 * starting, and, with_others, while one presents another certificate, too. */
struct served_patience {
    uint32_t milliseconds;
    bool with_others;
};

/* All that a worker needs, from before the fork. */
struct worker_task {
    const struct config *config;
    const struct certificate_config *const *certificates; /* of one role */
    size_t count;                                         /* 1 to LIMIT_CERTIFICATES */
    struct credentials *credentials; /* the child's copy: wiped once the role is assumed */
    struct worker_user user;
    pid_t supervisor;
    struct served_patience patience;
};

/* What a worker does: runs in the forked child and does not return. `pipe` is the writing end. */
typedef void (*worker_work)(const struct worker_task *task, int pipe);

/* Fetches the certificates. */
void worker_run(const struct worker_task *task, int pipe) __attribute__((noreturn));

#endif

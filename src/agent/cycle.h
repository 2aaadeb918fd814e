/* One cycle: every chosen certificate fetched, installed, and its refresh command run. */
#ifndef WCP_AGENT_CYCLE_H
#define WCP_AGENT_CYCLE_H

#include "base/limits.h"
#include "config/config.h"
#include "store/journal.h"

enum certificate_state {
    CERTIFICATE_SKIPPED,
    CERTIFICATE_UPDATED,
    CERTIFICATE_UNCHANGED,
    CERTIFICATE_FAILED
};

/* What a cycle did with a certificate. */
struct certificate_result {
    enum certificate_state state;
    char *reason;      /* of a failure: message and advice, owned; else NULL */
    int64_t not_after; /* of the certificate that AWS holds; 0: not known */
    bool pending;      /* the refresh command is to run */
    const char *why;   /* and why */
    char generation[GENERATION_SIZE];
};

struct cycle {
    const struct config *config;
    const char *config_path;
    bool chosen[LIMIT_CERTIFICATES]; /* by place in config->certificates */
    bool force;                      /* replace files and run commands even when nothing changed */
    struct certificate_result results[LIMIT_CERTIFICATES];
};

/* Runs the cycle to its end: at most LIMIT_WORKERS workers at a time, one for each role; then the
 * commands, each distinct one once. Logs as it goes. True when every chosen certificate is fresh.
 * Free in either case. */
bool cycle_run(struct cycle *cycle);
void cycle_free(struct cycle *cycle);
/* A cycle for which AWS cannot be asked, as `error` says: every chosen certificate fails with it,
 * what an interrupted run left is finished, and pending commands run. False, unless none was
 * chosen. */
bool cycle_run_without_network(struct cycle *cycle, const struct error *error);

/* Runs the refresh commands of the results that are pending, under the lock; called by cycle_run.
 */
void cycle_run_commands(struct cycle *cycle);
/* Marks a certificate as failed, and logs it. */
void cycle_fail(struct cycle *cycle, size_t certificate, const struct error *error);

#endif

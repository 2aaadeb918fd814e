/* Was it really taken up? What the servers at served_at present, compared with what is installed.
 */
#ifndef WCP_SUPERVISOR_SERVED_H
#define WCP_SUPERVISOR_SERVED_H

#include "status/status.h"
#include "supervisor/batch.h"

/* What a server presents. */
struct served_result {
    enum served_state state;
    int64_t not_after;  /* of the certificate it presents; 0: not known */
    struct error error; /* when it is not SERVED_SAME: what is presented instead, or why nothing is
                           known */
};

/* A look under way. `batch` is driven as every batch: batch_receive, batch_expire, batch_end. */
struct served {
    struct batch batch;
    struct batch_listener listener;
    struct served_result results[LIMIT_CERTIFICATES]; /* by place in config->certificates */
};

/* Starts one worker that reads the installed certificates at these places in config->certificates,
 * each with served_at, and asks their servers: directly, never through a proxy, verifying nothing,
 * with the certificate's first name as server name (RFC 6066 §3). What is not the same is asked for
 * again and again until it is, or the patience is at its end. False: no worker runs, the results
 * say why. The supervisor opens no socket and parses no certificate. */
bool served_start(struct served *served, const struct config *config, const size_t *certificates,
                  size_t count, const struct worker_user *user, struct served_patience patience);

#endif

/* Probes servers: compares the certificates that the servers at served_at present with the
 * installed ones. */
#ifndef WCP_SUPERVISOR_SERVED_H
#define WCP_SUPERVISOR_SERVED_H

#include "status/status.h"
#include "supervisor/batch.h"

/* The result for one certificate. */
struct served_result {
    enum served_state state;
    int64_t not_after;  /* of the presented certificate; 0: unknown */
    struct error error; /* unless SERVED_SAME: what is presented instead, or why it is unknown */
};

/* A running probe. Drive `batch` as any batch: batch_handle_events, or batch_receive, batch_expire
 * and batch_end. */
struct served {
    struct batch batch;
    struct batch_listener listener;
    struct served_result results[LIMIT_CERTIFICATES]; /* by index in config->certificates */
};

/* Starts a worker that probes the servers of the certificates with these indexes; each must have
 * served_at. The worker reads the installed files and connects to the servers directly, never
 * through a proxy. It verifies nothing, and sends the certificate's first name as server name (RFC
 * 6066 §3). It repeats failed probes until `patience` is over. False: no worker runs; the results
 * have the error. The supervisor itself opens no socket and parses no certificate. */
bool served_start(struct served *served, const struct config *config, const size_t *indexes,
                  size_t count, const struct worker_user *user, struct served_patience patience);

#endif

/* The worker's part of a probe: it asks the servers at served_at which certificate they present. */
#ifndef WCP_WORKER_SERVED_WORK_H
#define WCP_WORKER_SERVED_WORK_H

#include "worker/worker.h"

/* Reads the installed certificates of the task, each of which has served_at, and connects to their
 * servers: directly, never through a proxy. It verifies nothing, and sends the certificate's first
 * name as server name (RFC 6066 §3). A server that cannot be reached, or presents another
 * certificate, is asked again until the task's patience is over. Sends one FRAME_SERVED for each
 * certificate that could be probed, and a FRAME_FAILURE for each that is not SERVED_SAME. */
void served_work_run(const struct worker_task *task, int pipe) __attribute__((noreturn));

#endif

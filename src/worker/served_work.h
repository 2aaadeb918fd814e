/* What a worker does for served_at: it asks servers which certificate they present. */
#ifndef WCP_WORKER_SERVED_WORK_H
#define WCP_WORKER_SERVED_WORK_H

#include "worker/worker.h"

/* Reads the installed certificates of the task, each with served_at, and asks their servers:
 * directly, never through a proxy, verifying nothing, with the certificate's first name as server
 * name (RFC 6066 §3). A server that presents another certificate, or none, is asked again until the
 * task's patience is over. Reports one FRAME_SERVED for each certificate, and a FRAME_FAILURE for
 * one that is not SERVED_SAME. */
void served_work_run(const struct worker_task *task, int pipe) __attribute__((noreturn));

#endif

/* The worker's part of `wcp-tiny doctor`: it tries each step of a fetch and reports the result. */
#ifndef WCP_WORKER_DOCTOR_WORK_H
#define WCP_WORKER_DOCTOR_WORK_H

#include "worker/worker.h"

/* The work for a batch of one role. It goes through the steps of worker_run, reports each with
 * FRAME_STEP, continues after a failure where possible, and sends no certificate and no key.
 * Without credentials in the task it stops before AssumeRole. Steps that several roles share are
 * reported for each of them: the listener may drop repeated lines. */
void doctor_work_run(const struct worker_task *task, int pipe) __attribute__((noreturn));

#endif

/* What doctor finds out over the network, by a worker: as worker_run, but it says what it finds at
 * each step (FRAME_STEP), goes on where that makes sense, and sends no certificate and no key. */
#ifndef WCP_WORKER_DOCTOR_WORK_H
#define WCP_WORKER_DOCTOR_WORK_H

#include "worker/worker.h"

/* The work of a batch of one role. Without credentials in the task it ends before the role. What is
 * said of a host is said for each role: the listener may leave out what it has heard before. */
void doctor_work_run(const struct worker_task *task, int pipe) __attribute__((noreturn));

#endif

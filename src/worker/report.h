/* The start and the reports of a worker, common to every kind of work. */
#ifndef WCP_WORKER_REPORT_H
#define WCP_WORKER_REPORT_H

#include "net/resolve.h"
#include "worker/sandbox.h"
#include "worker/wire.h"

/* Enters the sandbox as `user`, restarts the cryptographic library, and sends all log messages to
 * the supervisor from then on. `supervisor` is its pid. `*pipe` is updated, as the descriptor
 * moves; the variable must outlive all logging. False: sandbox_enter or the cryptographic library
 * failed. */
bool report_begin(const struct worker_user *user, pid_t supervisor, int *pipe, struct error *error);

/* Sends a frame and frees it. When the pipe cannot be written, the supervisor is gone: the worker
 * exits. */
void report_frame(int pipe, struct buf *frame);
/* Reports the current activity of the worker; `activity` and `object` are concatenated. `member` is
 * the certificate's index in the batch, or WHOLE_BATCH. */
void report_stage(int pipe, uint16_t member, const char *activity, const char *object);
void report_failure(int pipe, uint16_t member, const struct error *error);
/* Reports the end, and exits. */
void report_end(int pipe) __attribute__((noreturn));

/* Reports the activity, and calls resolve(). */
bool report_resolve(int pipe, const char *host, struct addresses *addresses, struct error *error);

#endif

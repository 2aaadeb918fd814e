/* How a worker begins, and what it says to its supervisor, whatever its work is. */
#ifndef WCP_WORKER_REPORT_H
#define WCP_WORKER_REPORT_H

#include "net/resolve.h"
#include "worker/sandbox.h"
#include "worker/wire.h"

/* Enters the sandbox as `user` and starts the cryptographic library anew; the log goes to the
 * supervisor, whose pid is `supervisor`. `*pipe`, which must stay where it is, becomes the
 * descriptor that everything below writes to. */
bool report_begin(const struct worker_user *user, pid_t supervisor, int *pipe, struct error *error);

/* Sends a frame and frees it. A pipe that does not take it means that the supervisor is gone: the
 * worker ends. */
void report_frame(int pipe, struct buf *frame);
/* What the worker is at: `activity` and `object` together are the words for it. */
void report_stage(int pipe, uint16_t certificate, const char *activity, const char *object);
void report_failure(int pipe, uint16_t certificate, const struct error *error);
/* Everything was said: ends the process. */
void report_end(int pipe) __attribute__((noreturn));

/* resolve(), for a worker: musl's resolver has no deadline of its own, so an alarm kills the
 * worker, and the supervisor says at what. */
bool report_resolve(int pipe, const char *host, struct addresses *addresses, struct error *error);

#endif

/* Exclusive locks between processes, with a bounded wait. */
#ifndef WCP_STORE_LOCK_H
#define WCP_STORE_LOCK_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Locks an open descriptor exclusively with flock(2); closing the descriptor releases the lock.
 * Waits `wait_ms` at most; 0: not at all, as in the agent. `what` names the locked thing in the
 * message, for example "the certificate's directory". Returns false with ERROR_TRANSIENT; `*held`
 * is true when another process has the lock. */
bool lock_take(int descriptor, int64_t wait_ms, const char *what, bool *held, struct error *error);

/* Returns true when a SIGTERM or SIGINT is blocked and pending. The resident agent blocks both and
 * stops after its current step; other processes end at once. */
bool stop_is_pending(void);

#endif

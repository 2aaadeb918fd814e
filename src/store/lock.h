/* Exclusive locks between processes, waited for within a bound. */
#ifndef WCP_STORE_LOCK_H
#define WCP_STORE_LOCK_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* flock(2), exclusively, on an open descriptor; released when that is closed. Waits at most
 * `wait_ms`, and no longer once a blocked SIGTERM or SIGINT is pending. `what` names the thing in
 * the message. False: ERROR_TRANSIENT. */
bool lock_take(int descriptor, int64_t wait_ms, const char *what, struct error *error);

/* True once a blocked SIGTERM or SIGINT is pending: the resident agent blocks them, to hear of them
 * when it looks; others do not live to ask. */
bool is_told_to_stop(void);

#endif

/* Checks this machine's preconditions for fetching: its clock and its random numbers. */
#ifndef WCP_SUPERVISOR_MACHINE_READY_H
#define WCP_SUPERVISOR_MACHINE_READY_H

#include "base/error.h"

/* False, with ERROR_CLOCK: the clock is earlier than the date of this build, so that no TLS
 * certificate would be valid, or the kernel has no random numbers yet. */
bool machine_is_ready(struct error *error);

#endif

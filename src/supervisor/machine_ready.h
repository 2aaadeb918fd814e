/* What must be right on this machine before anything can be fetched: its clock and its random
 * numbers. */
#ifndef WCP_SUPERVISOR_MACHINE_READY_H
#define WCP_SUPERVISOR_MACHINE_READY_H

#include "base/error.h"

/* False, with ERROR_CLOCK, while the clock is behind the build's date (no TLS certificate would be
 * valid) or the kernel has no random numbers yet. */
bool machine_is_ready(struct error *error);

#endif

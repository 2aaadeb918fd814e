/* Checks this machine's preconditions for fetching: its clock and its random numbers. */
#ifndef WCP_SUPERVISOR_MACHINE_READY_H
#define WCP_SUPERVISOR_MACHINE_READY_H

#include "base/error.h"

enum machine_state {
    MACHINE_READY,
    MACHINE_CLOCK_WRONG, /* it is earlier than the date of this build: no TLS certificate is valid
                          */
    MACHINE_NO_ENTROPY,  /* the kernel has no random numbers yet */
};

/* Returns whether this machine can fetch now. When it cannot, `error` has the reason, of kind
 * ERROR_CLOCK. */
enum machine_state machine_check(struct error *error);

#endif

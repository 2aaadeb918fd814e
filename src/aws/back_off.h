/* When a call that failed is sent again within one run of a worker. It is given its random numbers,
 * so that a test can simulate thousands of boxes. */
#ifndef WCP_AWS_BACK_OFF_H
#define WCP_AWS_BACK_OFF_H

#include "base/error.h"

#include <stdint.h>

struct back_off {
    unsigned most_attempts; /* per call, at least 1 */
    /* The agent's schedule repeats throttled calls. It learns from each how long to wait, and a
     * worker that waits instead would hold memory and secrets. */
    bool leaves_throttling;
};

/* True when a call is to be sent again after its failure number `attempt`, from 1, of this kind:
 * the failure is transient or throttled, and attempts are left. Sets `*wait_ms` to the time until
 * then, at random below a limit of 1 s that doubles with each attempt; throttled: of 2 s; at most
 * 20 s. `dice` is a random number. */
bool back_off_permits(const struct back_off *policy, unsigned attempt, enum error_kind kind,
                      uint32_t dice, uint32_t *wait_ms);

/* True when later calls to the same endpoint would fail as this one has, and need not be sent. */
bool back_off_ends_all(const struct back_off *policy, enum error_kind kind);

#endif

/* All states of a certificate's life cycle, by number. */
#ifndef WCP_TESTS_LIFE_STATES_H
#define WCP_TESTS_LIFE_STATES_H

#include "supervisor/life_cycle.h"

enum {
    FETCHES = 4,
    RESULTS = 4,
    FLAGS = 64,
    STATES = FETCHES * RESULTS * DEPLOYMENT_STATES * FLAGS
};

/* The state with a number from 0 to STATES - 1. */
static inline struct life_cycle state_of(unsigned number)
{
    unsigned flags = number % FLAGS;
    unsigned rest = number / FLAGS;
    return (struct life_cycle){
        .fetch = (enum fetch_state)(rest % FETCHES),
        .result = (enum fetch_result)(rest / FETCHES % RESULTS),
        .deployment = (enum deployment)(rest / FETCHES / RESULTS),
        .has_hook = (flags & 1) != 0,
        .has_server = (flags & 2) != 0,
        .hook_at_start = (flags & 4) != 0,
        .hook_wanted = (flags & 8) != 0,
        .probe_wanted = (flags & 16) != 0,
        .is_reported = (flags & 32) != 0,
    };
}

/* The number of a state. */
static inline unsigned number_of(const struct life_cycle *life)
{
    unsigned flags = life->has_hook | (unsigned)life->has_server << 1 |
                     (unsigned)life->hook_at_start << 2 | (unsigned)life->hook_wanted << 3 |
                     (unsigned)life->probe_wanted << 4 | (unsigned)life->is_reported << 5;
    return (((unsigned)life->deployment * RESULTS + (unsigned)life->result) * FETCHES +
            (unsigned)life->fetch) *
               FLAGS +
           flags;
}

#endif

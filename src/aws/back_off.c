#include "aws/back_off.h"

enum { FIRST_MS = 1000, MOST_MS = 20000, DOUBLINGS = 5 };

bool back_off_permits(const struct back_off *policy, unsigned attempt, enum error_kind kind,
                      uint32_t dice, uint32_t *wait_ms)
{
    bool throttled = kind == ERROR_THROTTLED;
    unsigned doublings = attempt - 1 + throttled;
    uint32_t limit = (uint32_t)FIRST_MS << (doublings < DOUBLINGS ? doublings : DOUBLINGS);
    if (limit > MOST_MS)
        limit = MOST_MS;
    *wait_ms = (uint32_t)((uint64_t)limit * dice >> 32);
    return attempt < policy->most_attempts && (throttled || kind == ERROR_TRANSIENT) &&
           !back_off_ends_all(policy, kind);
}

bool back_off_ends_all(const struct back_off *policy, enum error_kind kind)
{
    return policy->leaves_throttling && kind == ERROR_THROTTLED;
}

#include "agent/readiness.h"

#include "base/clock.h"
#include "base/random.h"

bool machine_is_ready(struct error *error)
{
    char now[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(clock_now(), now);
    if (!clock_is_plausible(clock_now())) {
        error_set(error, ERROR_CLOCK,
                  "nothing can be fetched: the clock says %s, which is before this program was "
                  "built: it was never set",
                  now);
        return error_advise(error, "set it (NTP, or date -s), or wait for it with --wait-clock");
    }
    if (random_is_ready())
        return true;
    error_set(error, ERROR_CLOCK, "nothing can be fetched: the kernel has no random numbers yet");
    return error_advise(error, "give it entropy (a seed file, rngd), or wait with --wait-clock");
}

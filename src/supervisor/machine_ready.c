#include "supervisor/machine_ready.h"

#include "base/clock.h"
#include "base/random.h"

enum machine_state machine_check(struct error *error)
{
    char now[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(clock_now(), now);
    if (!clock_is_plausible(clock_now())) {
        error_refuse(error, ERROR_CLOCK,
                     "set it (NTP, or date -s), or wait for it with --wait-clock",
                     "nothing can be fetched: the clock says %s, before this program was built: it "
                     "was never set",
                     now);
        return MACHINE_CLOCK_WRONG;
    }
    if (random_is_ready())
        return MACHINE_READY;
    error_refuse(error, ERROR_CLOCK,
                 "give it entropy (a seed file, rngd), or wait with --wait-clock",
                 "nothing can be fetched: the kernel has no random numbers yet");
    return MACHINE_NO_ENTROPY;
}

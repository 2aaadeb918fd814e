#include "store/lock.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>

bool stop_is_pending(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

bool lock_take(int descriptor, int64_t wait_ms, const char *what, struct error *error)
{
    struct deadline deadline = deadline_in(wait_ms);
    uint32_t step_ms = 5;
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot lock %s", what);
        if (stop_is_pending())
            return error_set(error, ERROR_TRANSIENT,
                             "the agent was told to stop while it waited for the lock on %s", what);
        if (deadline_left_ms(deadline) == 0)
            return error_refuse(error, ERROR_TRANSIENT, "if another wcp-tiny hangs (ps), end it",
                                "another process has held the lock on %s for %u s", what,
                                (unsigned)(wait_ms / 1000));
        clock_pause(step_ms);
        step_ms = step_ms < 100 ? step_ms * 2 : step_ms;
    }
    return true;
}

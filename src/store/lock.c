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

static bool report_held(int64_t wait_ms, const char *what, struct error *error)
{
    if (wait_ms == 0)
        return error_refuse(error, ERROR_TRANSIENT, "if another wcp-tiny hangs (ps), end it",
                            "another process holds the lock on %s", what);
    return error_refuse(error, ERROR_TRANSIENT, "if another wcp-tiny hangs (ps), end it",
                        "another process has held the lock on %s for %u s", what,
                        (unsigned)(wait_ms / 1000));
}

bool lock_take(int descriptor, int64_t wait_ms, const char *what, bool *held, struct error *error)
{
    struct deadline deadline = deadline_in(wait_ms);
    uint32_t step_ms = 5;
    *held = false;
    while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        *held = errno == EWOULDBLOCK;
        if (!*held)
            return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot lock %s", what);
        if (deadline_left_ms(deadline) == 0)
            return report_held(wait_ms, what, error);
        clock_pause(step_ms);
        step_ms = step_ms < 100 ? step_ms * 2 : step_ms;
    }
    *held = false;
    return true;
}

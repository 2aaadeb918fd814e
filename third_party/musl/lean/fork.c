/* musl's fork takes every lock of the library first, and has the read-write locks for it (1.5 KB).
 * With one thread none is held, and _Fork (POSIX 2024) is enough. */
#include <unistd.h>

pid_t fork(void)
{
    return _Fork();
}

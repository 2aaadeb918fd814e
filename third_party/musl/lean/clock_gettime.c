/* musl looks for the kernel's clock in the vDSO (1 KB). The clock is asked a few times for each
 * request: the system call will do. */
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int __clock_gettime(clockid_t clock, struct timespec *time);

#if defined(SYS_clock_gettime64)

/* 32 bits: kernels before 5.1 know only the old call. */
int __clock_gettime(clockid_t clock, struct timespec *time)
{
    long old[2];
    if (syscall(SYS_clock_gettime64, clock, time) == 0)
        return 0;
    if (errno != ENOSYS || syscall(SYS_clock_gettime32, clock, old) != 0)
        return -1;
    *time = (struct timespec){.tv_sec = old[0], .tv_nsec = old[1]};
    return 0;
}

#else

int __clock_gettime(clockid_t clock, struct timespec *time)
{
    return (int)syscall(SYS_clock_gettime, clock, time);
}

#endif

int clock_gettime(clockid_t clock, struct timespec *time)
{
    return __clock_gettime(clock, time);
}

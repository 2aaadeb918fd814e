/* Plain system calls where musl has more: it makes up for kernels before 2.6.27, and on processors
 * of 32 bits it translates the times that some requests and options carry for kernels before 5.1
 * (2 KB). Nothing here carries a time, nobody here changes what O_PATH has opened, and the oldest
 * kernel is 4.4. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

int socket(int family, int type, int protocol)
{
    return (int)syscall(SYS_socket, family, type, protocol);
}

int setsockopt(int descriptor, int level, int option, const void *value, socklen_t size)
{
    return (int)syscall(SYS_setsockopt, descriptor, level, option, value, size);
}

int getsockopt(int descriptor, int level, int option, void *restrict value,
               socklen_t *restrict size)
{
    return (int)syscall(SYS_getsockopt, descriptor, level, option, value, size);
}

#if __SIZEOF_POINTER__ == 4

ssize_t recvmsg(int descriptor, struct msghdr *message, int flags)
{
    return syscall(SYS_recvmsg, descriptor, message, flags);
}

#endif

/* The host's library, where tests compile this, declares it otherwise than musl and POSIX. */
#if defined(__GLIBC__)
typedef unsigned long ioctl_request;
#else
typedef int ioctl_request;
#endif

int ioctl(int descriptor, ioctl_request request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return (int)syscall(SYS_ioctl, descriptor, request, argument);
}

unsigned alarm(unsigned seconds)
{
    const long timer[4] = {0, 0, (long)seconds, 0};
    long before[4];
    syscall(SYS_setitimer, ITIMER_REAL, timer, before);
    return (unsigned)before[2] + (before[3] != 0);
}

int fcntl(int descriptor, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    unsigned long argument = va_arg(arguments, unsigned long);
    va_end(arguments);
#if defined(SYS_fcntl64)
    return (int)syscall(SYS_fcntl64, descriptor, command, argument);
#else
    return (int)syscall(SYS_fcntl, descriptor, command, argument);
#endif
}

int openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return (int)syscall(SYS_openat, directory, path, flags | O_LARGEFILE, mode);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return openat(AT_FDCWD, path, flags, mode);
}

int fchown(int descriptor, uid_t owner, gid_t group)
{
#if defined(SYS_fchown32)
    return (int)syscall(SYS_fchown32, descriptor, owner, group);
#else
    return (int)syscall(SYS_fchown, descriptor, owner, group);
#endif
}

int pipe2(int ends[2], int flags)
{
    return (int)syscall(SYS_pipe2, ends, flags);
}

int fchmod(int descriptor, mode_t mode)
{
    return (int)syscall(SYS_fchmod, descriptor, mode);
}

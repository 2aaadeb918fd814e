/* Calls of the C library about memory, time and waiting. */
#include "simulation/room.h"
#include "simulation/wrap.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

/* --- memory: in the heap of the process, which is dropped with it --- */

void *__real_malloc(size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);

void *__wrap_malloc(size_t size)
{
    if (current == NULL)
        return __real_malloc(size);
    void *block = room_allocate(current->coroutine.room, size);
    if (block == NULL)
        errno = ENOMEM;
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    size_t whole = 0;
    if (__builtin_mul_overflow(count, size, &whole))
        return NULL;
    void *block = __wrap_malloc(whole);
    if (block != NULL)
        memset(block, 0, whole);
    return block;
}

void __wrap_free(void *block)
{
    if (!room_owns(block))
        __real_free(block);
    else if (current != NULL)
        room_free(current->coroutine.room, block);
}

void *__wrap_realloc(void *block, size_t size)
{
    if (current == NULL || (block != NULL && !room_owns(block)))
        return __real_realloc(block, size);
    void *larger = room_reallocate(current->coroutine.room, block, size);
    if (larger == NULL)
        errno = ENOMEM;
    return larger;
}

int __wrap_madvise(void *address, size_t length, int advice)
{
    (void)address;
    (void)length;
    (void)advice;
    return 0;
}

/* --- time and random numbers --- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    int64_t now = call_time(clock);
    time->tv_sec = now / SECONDS;
    time->tv_nsec = now % SECONDS;
    return 0;
}

int __wrap_timerfd_create(int clock, int flags)
{
    return (int)wrap_result(call_timer_new(clock, flags));
}

int __wrap_timerfd_settime(int descriptor, int flags, const struct itimerspec *new,
                           struct itimerspec *old)
{
    (void)old;
    int64_t value = new->it_value.tv_sec *SECONDS + new->it_value.tv_nsec;
    return (int)wrap_result(call_timer_set(descriptor, flags, value));
}

ssize_t __real_getrandom(void *out, size_t size, unsigned flags);

ssize_t __wrap_getrandom(void *out, size_t size, unsigned flags)
{
    return current == NULL ? __real_getrandom(out, size, flags)
                           : wrap_result(call_random(out, size));
}

/* --- waiting --- */

int __wrap_poll(struct pollfd *events, nfds_t count, int timeout)
{
    return (int)wrap_result(call_poll(events, count, timeout));
}

int __wrap_flock(int descriptor, int operation)
{
    return (int)wrap_result(call_flock(descriptor, operation));
}

int __wrap_fcntl(int descriptor, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *pointer = va_arg(arguments, void *);
    va_end(arguments);
    if (command == F_GETLK || command == F_SETLK) {
        struct flock *lock = pointer;
        return (int)wrap_result(call_record_lock(descriptor, command, &lock->l_type, &lock->l_pid));
    }
    struct file *file = call_file(descriptor);
    if (file == NULL)
        return (int)wrap_result(-EBADF);
    int flags = (int)(uintptr_t)pointer;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return (int)wrap_result(call_duplicate(descriptor, flags, command == F_DUPFD_CLOEXEC));
    case F_GETFD:
        return current->descriptors[descriptor].close_on_exec ? FD_CLOEXEC : 0;
    case F_SETFD:
        current->descriptors[descriptor].close_on_exec = (flags & FD_CLOEXEC) != 0;
        return 0;
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        file->flags = (file->flags & ~O_NONBLOCK) | (flags & O_NONBLOCK);
        return 0;
    default:
        return (int)wrap_result(-EINVAL);
    }
}

int __wrap_pipe2(int ends[2], int flags)
{
    return (int)wrap_result(call_pipe(ends, flags));
}

int __wrap_inotify_init1(int flags)
{
    return (int)wrap_result(call_watch_new(flags));
}

int __wrap_inotify_add_watch(int descriptor, const char *path, uint32_t mask)
{
    return (int)wrap_result(call_watch_add(descriptor, path, mask));
}

int __wrap_socket(int domain, int type, int protocol)
{
    (void)domain;
    (void)type;
    (void)protocol;
    return (int)wrap_result(call_socket());
}

int __wrap_bind(int descriptor, const struct sockaddr *address, socklen_t length)
{
    (void)descriptor;
    (void)address;
    (void)length;
    return 0;
}

int __wrap_connect(int descriptor, const struct sockaddr *address, socklen_t length)
{
    (void)descriptor;
    (void)address;
    (void)length;
    return (int)wrap_result(-ECONNREFUSED);
}

ssize_t __wrap_recv(int descriptor, void *out, size_t size, int flags)
{
    (void)flags;
    return wrap_result(call_read(descriptor, out, size, -1));
}

ssize_t __wrap_send(int descriptor, const void *data, size_t size, int flags)
{
    (void)flags;
    return wrap_result(call_write(descriptor, data, size, -1));
}

/* Calls of the C library about signals, processes and users, and syscall(2). */
#include "simulation/checks.h"
#include "simulation/wrap.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- signals --- */

static uint64_t bits_of(const sigset_t *set)
{
    uint64_t bits = 0;
    for (int number = 1; number < 64; number++)
        if (sigismember(set, number) == 1)
            bits |= UINT64_C(1) << number;
    return bits;
}

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    (void)old;
    if (set == NULL)
        return 0;
    uint64_t bits = bits_of(set);
    current->blocked = how == SIG_BLOCK     ? current->blocked | bits
                       : how == SIG_UNBLOCK ? current->blocked & ~bits
                                            : bits;
    uint64_t due = current->pending & ~current->blocked;
    for (; due != 0; due &= due - 1) {
        int number = __builtin_ctzll(due);
        current->pending &= ~(UINT64_C(1) << number);
        process_send_signal(current, number);
        if (current->state == PROCESS_ZOMBIE)
            coroutine_suspend();
    }
    return 0;
}

int __wrap_sigpending(sigset_t *set)
{
    sigemptyset(set);
    for (uint64_t left = current->pending & current->blocked; left != 0; left &= left - 1)
        sigaddset(set, __builtin_ctzll(left));
    return 0;
}

sighandler_t __wrap_signal(int number, sighandler_t handler)
{
    uint64_t bit = UINT64_C(1) << number;
    if (number < 64)
        current->ignored = handler == SIG_IGN ? current->ignored | bit : current->ignored & ~bit;
    return SIG_DFL;
}

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    (void)old;
    if (action != NULL)
        __wrap_signal(number, action->sa_handler);
    return 0;
}

int __wrap_signalfd(int descriptor, const sigset_t *set, int flags)
{
    return (int)wrap_result(call_signal_file(descriptor, bits_of(set), flags));
}

/* --- processes --- */

pid_t __wrap_fork(void)
{
    return (pid_t)wrap_result(call_fork());
}

int __wrap_execvp(const char *program, char *const arguments[])
{
    char command[256] = "";
    for (size_t i = 0, length = 0; arguments[i] != NULL && length < sizeof command; i++)
        length += (size_t)snprintf(command + length, sizeof command - length, "%s%s",
                                   i == 0 ? "" : " ", arguments[i]);
    (void)program;
    return (int)wrap_result(call_execute(command));
}

pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    return (pid_t)wrap_result(call_wait(pid, status, options));
}

int __wrap_kill(pid_t pid, int number)
{
    return (int)wrap_result(call_kill(pid, number));
}

void __wrap__exit(int status)
{
    process_exit(status);
}

void __real_abort(void) __attribute__((noreturn));

/* The product aborts when its life cycle gets an event that cannot happen. */
__attribute__((noreturn)) void __wrap_abort(void)
{
    if (current == NULL)
        __real_abort();
    check_failed("%s aborts", current->name);
    process_end(current, SIGABRT);
    coroutine_suspend();
    __real_abort();
}

pid_t __wrap_getpid(void)
{
    return current->pid;
}

pid_t __wrap_getppid(void)
{
    return current->parent;
}

pid_t __wrap_setsid(void)
{
    current->group = current->pid;
    return current->pid;
}

int __wrap_setpgid(pid_t pid, pid_t group)
{
    struct process *process = pid == 0 ? current : process_find(pid);
    if (process != NULL)
        process->group = group == 0 ? process->pid : group;
    return 0;
}

uid_t __wrap_geteuid(void)
{
    return current->user;
}

uid_t __wrap_getuid(void)
{
    return current->user;
}

gid_t __wrap_getegid(void)
{
    return current->user;
}

gid_t __wrap_getgid(void)
{
    return current->user;
}

int __wrap_getgroups(int size, gid_t *groups)
{
    if (size > 0)
        groups[0] = current->user;
    return 1;
}

struct passwd *__wrap_getpwnam(const char *name)
{
    static char user[] = "wcp-worker";
    static struct passwd entry = {.pw_name = user, .pw_uid = 900, .pw_gid = 900};
    return strcmp(name, user) == 0 ? &entry : NULL;
}

struct group *__wrap_getgrnam(const char *name)
{
    static char group[] = "www-data";
    static struct group entry = {.gr_name = group, .gr_gid = 33};
    return strcmp(name, group) == 0 ? &entry : NULL;
}

char *__wrap_getenv(const char *name)
{
    (void)name;
    return NULL;
}

int __wrap_setenv(const char *name, const char *value, int overwrite)
{
    (void)name;
    (void)value;
    (void)overwrite;
    return 0;
}

int __wrap_prlimit(pid_t pid, enum __rlimit_resource resource, const struct rlimit *new,
                   struct rlimit *old)
{
    (void)pid;
    (void)resource;
    (void)new;
    if (old != NULL)
        *old = (struct rlimit){DESCRIPTORS, DESCRIPTORS};
    return 0;
}

int __wrap_prctl(int option, ...)
{
    (void)option;
    return 0;
}

/* --- syscall(2) --- */

struct how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

enum { NO_SYMLINKS = 4 };

long __wrap_syscall(long number, ...)
{
    uintptr_t a[5];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 5; i++)
        a[i] = va_arg(arguments, uintptr_t);
    va_end(arguments);
    const struct how *how = (const void *)a[2];
    switch (number) {
    case SYS_openat2:
        return wrap_result(call_open((int)a[0], (const char *)a[1], (int)how->flags,
                                     (unsigned)how->mode,
                                     (how->resolve & NO_SYMLINKS) != 0 ? WALK_NO_LINKS : 0));
    case SYS_statx:
        return wrap_result(call_statx((int)a[0], (const char *)a[1], (int)a[2], (void *)a[4]));
    case SYS_renameat2:
        return wrap_result(call_rename((int)a[0], (const char *)a[1], (int)a[2], (const char *)a[3],
                                       (unsigned)a[4]));
    case SYS_faccessat:
    case SYS_faccessat2:
        return wrap_result(call_access((int)a[0], (const char *)a[1], (int)a[2]));
    case SYS_close_range:
        return wrap_result(call_close_from((unsigned)a[0], (unsigned)a[1]));
    default:
        return wrap_result(-ENOSYS);
    }
}

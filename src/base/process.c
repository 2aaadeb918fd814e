#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 65536 };

void process_reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void process_close_from(int first)
{
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
    struct rlimit limit = {0};
    prlimit(0, RLIMIT_NOFILE, NULL, &limit);
    int end = limit.rlim_cur > MAX_DESCRIPTORS ? MAX_DESCRIPTORS : (int)limit.rlim_cur;
    for (int descriptor = first; descriptor < end; descriptor++)
        close(descriptor);
}

pid_t process_fork(int *end, struct error *error)
{
    int ends[2] = {-1, -1};
    pid_t pid = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid < 0) {
        error_set_errno(error, ERROR_INTERNAL, errno, "cannot start a process");
        error_advise(error, "free memory or processes on this machine");
    }
    bool is_parent = pid > 0;
    *end = ends[is_parent ? 0 : 1];
    close(ends[is_parent ? 1 : 0]);
    if (pid < 0)
        close(*end);
    else if (pid > 0)
        fcntl(*end, F_SETFL, O_NONBLOCK);
    return pid;
}

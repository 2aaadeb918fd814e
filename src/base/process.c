#include "base/process.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/* Closes the descriptors from `first` to `last`. */
static void close_between(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
    struct rlimit limit = {0};
    prlimit(0, RLIMIT_NOFILE, NULL, &limit);
    unsigned end = limit.rlim_cur > MAX_DESCRIPTORS ? MAX_DESCRIPTORS : (unsigned)limit.rlim_cur;
    for (unsigned descriptor = first; descriptor < end && descriptor <= last; descriptor++)
        close((int)descriptor);
}

void process_close_from(int first)
{
    close_between((unsigned)first, UINT_MAX);
}

/* The lowest of the descriptors that is at least `least`; UINT_MAX: none is. */
static unsigned next_kept(const int *kept, size_t count, unsigned least)
{
    unsigned next = UINT_MAX;
    for (size_t i = 0; i < count; i++)
        if (kept[i] >= 0 && (unsigned)kept[i] >= least && (unsigned)kept[i] < next)
            next = (unsigned)kept[i];
    return next;
}

void process_close_all_but(const int *kept, size_t count)
{
    unsigned first = STDERR_FILENO + 1;
    while (first != UINT_MAX) {
        unsigned next = next_kept(kept, count, first);
        close_between(first, next == UINT_MAX ? next : next - 1);
        first = next == UINT_MAX ? next : next + 1;
    }
}

void process_detach(const int *kept, size_t count)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    process_reset_signals();
    signal(SIGPIPE, SIG_IGN);
    setsid();
    for (int i = 0; i <= STDERR_FILENO; i++)
        dup2(nothing, i);
    process_close_all_but(kept, count);
}

pid_t process_start(process_body body, void *context, int *end, struct error *error)
{
    int ends[2] = {-1, -1};
    pid_t pid = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid < 0) {
        error_set_errno(error, ERROR_INTERNAL, errno, "cannot start a process");
        error_advise(error, "free memory or processes on this machine");
        close_descriptor(&ends[0]);
        close_descriptor(&ends[1]);
        return -1;
    }
    if (pid == 0) {
        close(ends[0]);
        _exit(body(context, ends[1]));
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *end = ends[0];
    return pid;
}

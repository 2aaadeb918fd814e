#include "agent/process.h"

#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SYSCALL_CLOSE_RANGE = 436, MOST_DESCRIPTORS = 65536 };

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
    if (syscall(SYSCALL_CLOSE_RANGE, first, ~0U, 0) == 0)
        return;
    struct rlimit limit = {0};
    getrlimit(RLIMIT_NOFILE, &limit);
    int most = limit.rlim_cur > MOST_DESCRIPTORS ? MOST_DESCRIPTORS : (int)limit.rlim_cur;
    for (int descriptor = first; descriptor < most; descriptor++)
        close(descriptor);
}

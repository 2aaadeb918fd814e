#include "command/init.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLED = 128 }; /* exit code of a command that a signal killed, less the signal's number */

/* Reaps all processes that have ended. True when `child` is one of them; `*code` is then its exit
 * code. */
static bool reap_all(pid_t child, int *code)
{
    pid_t pid = 0;
    int status = 0;
    bool ended = false;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != child)
            continue;
        ended = true;
        *code = WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return ended;
}

/* Waits until the child ends. The signals are blocked: the kernel discards only unblocked ones that
 * process 1 does not handle. */
static int serve_child(pid_t child, const sigset_t *signals)
{
    int code = EXIT_FAILED;
    for (;;) {
        int number = sigwaitinfo(signals, NULL);
        if (number == SIGCHLD && reap_all(child, &code))
            return code;
        if (number > 0 && number != SIGCHLD)
            kill(child, number);
    }
}

int init_run(const struct command *command, const struct options *options)
{
    sigset_t signals;
    sigset_t before;
    if (getpid() != 1)
        return command->run(options);
    sigfillset(&signals);
    sigprocmask(SIG_BLOCK, &signals, &before);
    pid_t child = fork();
    if (child < 0)
        complain("wcp-tiny: cannot start a process: %s", strerror(errno));
    if (child > 0)
        return serve_child(child, &signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child < 0 ? EXIT_FAILED : command->run(options);
}

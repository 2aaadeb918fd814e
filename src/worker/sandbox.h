/* What a process gives up: the worker before it touches the network, the supervisor at its start.
 */
#ifndef WCP_WORKER_SANDBOX_H
#define WCP_WORKER_SANDBOX_H

#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

/* Whom a worker becomes. `change` is false when the agent was not started as root: the worker then
 * keeps its user. */
struct worker_user {
    bool change;
    uid_t uid;
    gid_t gid;
};

/* Looks up `name` (edge.worker_user; NULL: "wcp-worker"); where there is no such user, "nobody",
 * with a warning in the log. */
void sandbox_choose_user(const char *name, struct worker_user *user);

/* In the supervisor, at its start: no core dump, and nobody but root reads its memory. */
void sandbox_protect_process(void);

/* In a worker, right after fork; `parent` is the supervisor's pid. Signals as in a new process;
 * standard descriptors on /dev/null and all others but `*pipe`, which moves, closed; another user,
 * no groups, no capability in any set; killed when the supervisor ends; no new privileges, not
 * dumpable, no core, no file growth, no new process. False: what could not be given up; the worker
 * must not go on. */
bool sandbox_enter(const struct worker_user *user, int *pipe, pid_t parent, struct error *error);

enum { SANDBOX_SUMMARY_SIZE = 96 };

/* In a worker that has read its files and resolved its names, before it touches the network: the
 * walls that the kernel has, seccomp.h's and landlock.h's; `ports` are those that it connects to. A
 * wall that is missing is no failure. `walls` tells, for the debug log and doctor, which stand. */
void sandbox_seal(const uint16_t *ports, size_t count, char summary[SANDBOX_SUMMARY_SIZE]);

#endif

/* Gives up privileges: a worker's before it uses the network, some of the supervisor's at its
 * start.
 */
#ifndef WCP_WORKER_SANDBOX_H
#define WCP_WORKER_SANDBOX_H

#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

/* The user that workers run as. `change` is false when the agent does not run as root: workers then
 * keep its user. */
struct worker_user {
    bool change;
    uid_t uid;
    gid_t gid;
};

/* Looks up user `name` (edge.worker_user; NULL: "wcp-worker"). When it does not exist or is root,
 * the user is "nobody", and a warning is logged. */
void sandbox_choose_user(const char *name, struct worker_user *user);

/* In the supervisor, at its start: disables core dumps, and lets nobody but root read its
 * memory. */
void sandbox_protect_process(void);

/* In the supervisor, at its start: logs a warning when its workers will run without seccomp. */
void sandbox_warn_of_gaps(void);

/* In a worker, right after the fork. `parent` is the supervisor's pid. Resets signals; points the
 * standard descriptors to /dev/null; closes all others except `*pipe`, which moves; changes the
 * user; drops groups and all capabilities; arranges to be killed when the supervisor ends; forbids
 * new privileges, ptrace and core dumps; sets the limit for file size to 0, and that for memory to
 * LIMIT_WORKER_MEMORY.
 * False: a step failed, and the worker must not continue. */
bool sandbox_enter(const struct worker_user *user, int *pipe, pid_t parent, struct error *error);

enum { SANDBOX_SUMMARY_SIZE = 96 };

/* In a worker that has read its files and resolved its names, before it uses the network: sets the
 * limit for processes to 0, and enters Landlock and seccomp (landlock.h, seccomp.h). `ports` are
 * those it may connect to. A mechanism that the kernel lacks is not an error. `summary` becomes a
 * text that lists the mechanisms in force, for the debug log and doctor. False: seccomp is missing.
 */
bool sandbox_seal(const uint16_t *ports, size_t count, char summary[SANDBOX_SUMMARY_SIZE]);

#endif

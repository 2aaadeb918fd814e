/* The lock that makes an agent the only one of its run-time directory: a lock on the file "pid" in
 * that directory, which holds the agent's pid. */
#ifndef WCP_SUPERVISOR_RUN_LOCK_H
#define WCP_SUPERVISOR_RUN_LOCK_H

#include "base/error.h"

#include <sys/types.h>

/* Opens or creates a file in a run-time directory, mode 0600. Whoever may write in the directory
 * could have put a link there, so a file is used only when it is regular, has one link, and belongs
 * to the directory's owner (for another user than root: or to that user). Any other is removed
 * first. A file that root creates gets the directory's owner. Returns a descriptor that the caller
 * closes; -1 with ERROR_DENIED. */
int run_file_open(int directory, const char *name, struct error *error);

enum run_lock { RUN_LOCK_TAKEN, RUN_LOCK_HELD, RUN_LOCK_IMPOSSIBLE };

/* Tries to take the lock of a directory, and writes our pid. RUN_LOCK_TAKEN: it is ours until we
 * close `*lock`. RUN_LOCK_HELD: another agent has it, and `error` names its pid.
 * RUN_LOCK_IMPOSSIBLE: the file cannot be used. Then `*lock` is -1. */
enum run_lock run_lock_take(int directory, int *lock, struct error *error);

/* Removes the file of a lock that we have. */
void run_lock_remove(int directory);

/* False when the lock's file was removed or replaced since it was taken. */
bool run_lock_is_in_place(int directory, int lock);

/* True while another process has the lock of the directory. `*pid` is its pid; 0: it cannot be
 * told. The lock of a file that this user may not read is looked up in /proc/locks. A process that
 * has the lock itself must not ask: it would lose it (fcntl_locking(2)). */
bool run_lock_is_held(int directory, pid_t *pid);

#endif

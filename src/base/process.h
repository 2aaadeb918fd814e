/* The first steps of every child process. */
#ifndef WCP_BASE_PROCESS_H
#define WCP_BASE_PROCESS_H

#include "base/error.h"

#include <sys/types.h>

/* The search path for programs, as an entry of an environment. */
#define PROCESS_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Restores the default action of every signal and unblocks all signals. */
void process_reset_signals(void);
/* Closes every descriptor from `first` on. Uses close_range(2) where the kernel has it. */
void process_close_from(int first);

/* Forks, with a pipe from the child to its parent. Returns 0 in the child, with the pipe's writing
 * end in `end`; the child's process id in the parent, with the reading end, which does not block.
 * Each closes its end. Returns -1 with an error of kind ERROR_INTERNAL when there is no child. */
pid_t process_fork(int *end, struct error *error);

#endif

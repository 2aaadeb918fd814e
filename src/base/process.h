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
/* Closes every descriptor from 3 on, except these. */
void process_close_all_but(const int *kept, size_t count);

/* Makes a child process independent of its parent's terminal and log: it has a session of its own,
 * the default signal actions (but ignores SIGPIPE), /dev/null as input, output and errors, and of
 * all other descriptors only these. */
void process_detach(const int *kept, size_t count);

/* What a child process does: it writes to `end`, and ends with the returned exit status. */
typedef int (*process_body)(void *context, int end);

/* Forks a child that calls `body`, with a pipe from the child to its parent. Returns the child's
 * process id, with the reading end in `end`: it does not block, and the caller closes it. Returns
 * -1 with an error of kind ERROR_INTERNAL when there is no child. */
pid_t process_start(process_body body, void *context, int *end, struct error *error);

#endif

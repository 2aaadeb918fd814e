/* What every child of the agent begins with. */
#ifndef WCP_BASE_PROCESS_H
#define WCP_BASE_PROCESS_H

#include "base/error.h"

#include <sys/types.h>

/* Where programs are looked for, as a variable of their environment. */
#define PROCESS_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Every signal with its default action, none blocked. */
void process_reset_signals(void);
/* Closes every descriptor from `first` on: close_range(2) where the kernel has it. */
void process_close_from(int first);

/* Forks with a pipe from the child to its parent: the child, to which 0 is returned, gets the
 * writing end, the parent the reading one, which does not block. -1 when there is no child. */
pid_t process_fork(int *end, struct error *error);

#endif

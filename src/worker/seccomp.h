/* seccomp: kills a worker that makes a system call it does not need. */
#ifndef WCP_WORKER_SECCOMP_H
#define WCP_WORKER_SECCOMP_H

#include <stdbool.h>

/* Restricts this process for the rest of its life. Allowed are: memory that is not executable, TCP
 * sockets, the clock, random numbers, and writing to open descriptors. There are no files,
 * programs, processes, signals or datagrams. Any other call kills the process with SIGSYS.
 * no_new_privs must be set. False: the kernel has no seccomp filters (prctl(2), PR_SET_SECCOMP), or
 * this program has no filter for the architecture. */
bool seccomp_enter(void);
/* Returns true when the kernel has seccomp filters, and this program one for the architecture. */
bool seccomp_is_available(void);

#endif

/* The wall around a worker that talks to the network: system calls that it has no use for end it.
 */
#ifndef WCP_WORKER_SECCOMP_H
#define WCP_WORKER_SECCOMP_H

#include <stdbool.h>

/* From here on, and for good: memory without execution, TCP sockets by address family and type, the
 * clock, random numbers, writing to what is open; no file, no program, no process, no signal, no
 * datagram. Anything else kills the process with SIGSYS. no_new_privs must be set. False where the
 * kernel has no seccomp filters (prctl(2), PR_SET_SECCOMP), or this architecture none of ours. */
bool seccomp_enter(void);

#endif

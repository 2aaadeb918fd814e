/* Saves memory while a process sleeps for hours. */
#ifndef WCP_BASE_MEMORY_H
#define WCP_BASE_MEMORY_H

#include <poll.h>
#include <stddef.h>

/* Calls poll(2) without a time limit, and returns its result. Before that, it gives pages back to
 * the kernel: the stack below the caller, and the pages of the program's file, which the kernel
 * maps again when they are needed. */
int memory_sleep(struct pollfd *events, size_t count);

#endif

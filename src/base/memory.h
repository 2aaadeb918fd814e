/* The memory of a process that is about to sleep for hours. */
#ifndef WCP_BASE_MEMORY_H
#define WCP_BASE_MEMORY_H

#include <poll.h>
#include <stddef.h>

/* poll(2) without a limit of time, for a process that may sleep for hours: before it does, it gives
 * back to the kernel what its last work left behind: pages of free heap, of stack below the caller,
 * and the mappings of the program's code, which come again when they are needed.
 * The Makefile links it beside the C library, so that little code is needed to sleep. */
int memory_sleep(struct pollfd *events, size_t count);

#endif

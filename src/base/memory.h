/* The memory of a process that is about to sleep for hours. */
#ifndef WCP_BASE_MEMORY_H
#define WCP_BASE_MEMORY_H

#include <poll.h>
#include <stddef.h>

/* poll(2) without a limit of time, for a process that may sleep for hours. Before it does, it gives
 * back to the kernel the pages that its last work left behind: the stack below the caller, and the
 * mapped pages of the program's file, which come again when they are needed. */
int memory_sleep(struct pollfd *events, size_t count);

#endif

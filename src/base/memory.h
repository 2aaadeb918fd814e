/* The memory of a process that is about to sleep for hours. */
#ifndef WCP_BASE_MEMORY_H
#define WCP_BASE_MEMORY_H

/* Gives back to the kernel what the last work left behind: pages of free heap, of stack below the
 * caller, and the mappings of the program's code, which come again when they are needed. Costs a
 * page fault each when they do. */
void memory_give_back(void);

#endif

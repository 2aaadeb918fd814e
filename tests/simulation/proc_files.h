/* The files of /proc that the product reads. */
#ifndef WCP_SIMULATION_PROC_FILES_H
#define WCP_SIMULATION_PROC_FILES_H

#include <stddef.h>

/* Opens a file of /proc or /dev. Returns -ENOSYS when the path lies elsewhere. */
long proc_open(const char *path, int flags);
/* Reads /proc/self/fd/N. Returns -ENOSYS when the path lies elsewhere. */
long proc_read_link(const char *path, char *out, size_t size);

#endif

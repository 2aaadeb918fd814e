/* inotify(7): watched directories and files, and the events of their names. */
#ifndef WCP_SIMULATION_WATCHES_H
#define WCP_SIMULATION_WATCHES_H

#include "simulation/files.h"

void watches_reset(void);
/* Returns the number of the watch, from 1; below 0 an errno value. */
int watch_add(struct file *file, struct inode *inode, uint32_t mask);
/* Something happened to a name in a directory; `name` may be NULL: to the directory itself. */
void watches_tell(const struct inode *directory, uint32_t event, const char *name);
void watches_close(const struct file *file);

#endif

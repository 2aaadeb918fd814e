/* Which file system a file lies on, and who else can write to it. */
#ifndef WCP_BASE_MOUNT_H
#define WCP_BASE_MOUNT_H

#include "base/str.h"

/* Returns the number of the mount of an open descriptor; 0 when it is unknown (before Linux 3.15,
 * or without /proc). */
uint64_t mount_of_descriptor(int descriptor);

/* Returns true when the files of this mount cannot be changed: `mountinfo`
 * (proc_pid_mountinfo(5)) shows it read-only, and shows no writable mount of the same file system
 * that overlaps it. Kubernetes mounts its volumes in this way, over directories of mode 0777. */
bool mount_is_sealed(struct str mountinfo, uint64_t mount);

/* The same for the mount of an open descriptor, by /proc/self/mountinfo. */
bool mount_of_descriptor_is_sealed(int descriptor);

#endif

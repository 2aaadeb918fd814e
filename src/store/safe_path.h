/* Opens directories without following symbolic links, so that a link that an attacker puts into the
 * path has no effect. */
#ifndef WCP_STORE_SAFE_PATH_H
#define WCP_STORE_SAFE_PATH_H

#include "base/error.h"

#include <dirent.h>
#include <stdint.h>

/* Opens the directory of `file_path`, an absolute, normalised path, without following any symbolic
 * link: with openat2(2) where the kernel has it, else one component at a time. Returns a descriptor
 * that can be synced and locked, which the caller closes; `name` then points to the file's name
 * within `file_path`. Returns -1 with ERROR_TRANSIENT when a component is absent (a partition may
 * be mounted late), ERROR_PERMANENT when one is a link or not a directory, ERROR_DENIED when this
 * user may not search one, and ERROR_CONFIGURATION for a path that is relative or too long. */
int safe_parent_open(const char *file_path, const char **name, struct error *error);

/* Returns true when `name` in `directory` is a mount point, such as a bind-mounted file: rename(2)
 * cannot replace it. Returns false when the kernel cannot tell (before 5.8, without /proc). */
bool safe_is_mount_point(int directory, const char *name);

/* Calls fsync(2) on a directory. A file system that does not support this (EINVAL) counts as
 * synced. Returns false with errno set. */
bool safe_directory_sync(int directory);

/* Opens a listing of a directory; the caller ends it with closedir(3), which leaves `directory`
 * open. Returns NULL when the directory cannot be read. */
DIR *safe_directory_list(int directory);

#endif

/* Opening directories without following a link, so that a symlink planted later leads nowhere. */
#ifndef WCP_STORE_SAFE_PATH_H
#define WCP_STORE_SAFE_PATH_H

#include "base/error.h"

#include <dirent.h>

/* Opens the directory that holds `file_path` (absolute, normalised as the configuration has it)
 * without following any link on the way: openat2(2) where the kernel has it, else component by
 * component. Returns a descriptor that can be synced and locked, and the place of the file's name
 * within `file_path`; -1 when a component is absent (ERROR_TRANSIENT: a partition may be mounted
 * late), a link or no directory (ERROR_PERMANENT), or not permitted (ERROR_DENIED). */
int safe_parent_open(const char *file_path, const char **name, struct error *error);

/* True when `name` in `directory` is the root of a mount, such as a bind-mounted file: rename(2)
 * onto it fails. False also when the kernel does not tell (before 5.8, without /proc). */
bool safe_is_mount_point(int directory, const char *name);

/* fsync(2) on a directory; a file system that knows no such thing (EINVAL) counts as synced. False
 * with errno set. */
bool safe_directory_sync(int directory);

/* A listing of a directory, whose descriptor stays the caller's; ended by closedir(3). NULL when it
 * cannot be read. */
DIR *safe_directory_list(int directory);

#endif

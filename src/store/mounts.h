/* Remembers on which file systems the files of a set lie. A file system that is not mounted leaves
 * an empty directory behind, its mount point: without this record, a new key would be written into
 * it, and would no longer belong to the certificate when the file system is back.
 *
 * At each success, the mount point above each directory is recorded in every directory of the set,
 * in ".<name>.wcp-mounts" beside the set's first file there. Device numbers would not do: they
 * change from boot to boot. Only sets with files in several directories need it.
 *
 * It cannot see: a first installation into a bare mount point; a set whose directories are all on
 * file systems that are missing; anything without /proc. Then nothing is recorded and nothing
 * refused. */
#ifndef WCP_STORE_MOUNTS_H
#define WCP_STORE_MOUNTS_H

#include "store/file_set.h"

/* Compares the mount point above each directory of the set, as far as it can be reached, with all
 * records in them. A record is believed when it is a regular file with one link, belongs to root or
 * the effective user, cannot be written by others, and has a correct checksum. Returns false with
 * ERROR_TRANSIENT when one names another mount point; with `accept`, it only logs that. The caller
 * holds the lock of the set, unless it only wants to know. */
bool mounts_check(const struct file_set *set, bool accept, struct error *error);

/* Records the mount points. Call it under the lock of the set when all of its files are in place.
 * Writes only what differs. Returns false with ERROR_TRANSIENT or ERROR_DENIED when a record cannot
 * be written; the set is then as little protected as before. */
bool mounts_record(const struct file_set *set, struct error *error);

#endif

/* What stands in the way of replacing a file. It is asked before anything is written, so that a set
 * is not replaced by half. */
#ifndef WCP_STORE_OBSTACLES_H
#define WCP_STORE_OBSTACLES_H

#include "store/target.h"

/* Returns true when nothing that can be asked stands in the way of replacing the target:
 *   - its directory is open, and this user may write and search it;
 *   - in its place is nothing, a regular file or a symbolic link; it is no mount point;
 *   - neither file nor directory is immutable or append-only (chattr(1));
 *   - in a sticky directory, the file or the directory is this user's;
 *   - this user may give the new file its owner and group;
 *   - the file system is writable; ext4 and tmpfs do not say that it is full.
 * What cannot be asked, such as quotas and security modules, is found by writing. `check`, `doctor`
 * and every replacement ask this one function. Changes nothing. Errors: those of safe_parent_open;
 * ERROR_DENIED when this user may not do it; ERROR_PERMANENT for another kind of file, a mount
 * point, a flag, or an unknown owner; ERROR_TRANSIENT for a file system that is read-only or full.
 */
bool target_preflight(const struct target *target, struct error *error);

/* The same for a target whose temporary file is written already: it asks neither for owner and
 * group nor for room, which a rename does not need. */
bool target_preflight_rename(const struct target *target, struct error *error);

#endif

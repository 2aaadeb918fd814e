/* The owner, group and mode of an installed file. */
#ifndef WCP_STORE_OWNERSHIP_H
#define WCP_STORE_OWNERSHIP_H

#include "config/config.h"

#include <sys/stat.h>

/* Where owner, group and mode of a new file come from; the first that says something decides:
 *
 *          configuration   replaced file   root               another user
 *   owner  owner = …       its owner       the directory's    as the kernel gave it: this user
 *   group  group = …       its group       the directory's    as the kernel gave it: this user's
 *                                                             group, or, in a setgid directory (or
 *                                                             with the mount option grpid), the
 *                                                             directory's
 *   mode   mode = …        -               0600               0600
 *
 * A symbolic link that is replaced counts as no file: it has no owner that matters. */
struct ownership {
    uid_t owner; /* OWNERSHIP_OF_KERNEL: as the kernel gave it */
    gid_t group; /* the same */
    mode_t mode;
};

/* chown(2) leaves an owner or a group alone that is -1. */
#define OWNERSHIP_OF_KERNEL UINT32_MAX

/* Chooses by the table above. `existing` is the replaced file, NULL when there is none. Returns
 * false with ERROR_PERMANENT for an unknown name. */
bool ownership_choose(const struct permission *permission, const struct stat *existing,
                      const struct stat *directory, struct ownership *ownership,
                      struct error *error);
/* Returns true when this user may give a new file in `directory` this owner and group, else false
 * with ERROR_DENIED. `path` is for the message. */
bool ownership_check(const struct ownership *ownership, const struct stat *directory,
                     const char *path, struct error *error);
/* Returns true when the file of `status` has this owner, group and mode. */
bool ownership_matches(const struct ownership *ownership, const struct stat *status);
/* Sets owner and group where they differ, then the mode; umask does not apply. In between, the mode
 * allows nothing that it did not allow before and will not allow afterwards. `path` is for the
 * message. Returns false with ERROR_DENIED when the agent's user may not do this, otherwise with
 * ERROR_TRANSIENT. */
bool ownership_apply(int descriptor, const struct ownership *ownership, const char *path,
                     struct error *error);

#endif

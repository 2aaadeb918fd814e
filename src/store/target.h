/* One file of a set: comparing it, checking that it can be replaced, writing its new contents to a
 * temporary file beside it, and renaming that. */
#ifndef WCP_STORE_TARGET_H
#define WCP_STORE_TARGET_H

#include "config/config.h"
#include "crypto/hash.h"
#include "store/ownership.h"
#include "store/version.h"

#include <limits.h>

struct target {
    const char *path; /* absolute; borrowed from the configuration */
    const char *name; /* the last component of `path` */
    const char *arn;  /* of the certificate, for messages; borrowed */
    /* NULL: the file belongs to the agent's user, and everybody may read it. */
    const struct permission *permission;
    /* The directory's descriptor, shared by targets in one directory. It is -1 when the directory
     * could not be opened; `open_error` then says why. */
    int directory;
    struct error open_error;
    struct str contents;        /* the new contents; borrowed */
    char hash[SHA256_HEX_SIZE]; /* of the new contents; in recovery, from the journal */
    struct version old;         /* what the new contents replace; in recovery, from the journal */
};

/* Returns true when both targets are in one directory. */
bool target_shares_directory(const struct target *a, const struct target *b);

/* Compares the installed file with the target's contents, owner, group and mode. */
enum comparison { SAME, SAME_BUT_ATTRIBUTES, DIFFERENT };
enum comparison target_compare(const struct target *target);
/* Sets owner, group and mode of an installed file that has the target's contents. Returns false
 * with ERROR_TRANSIENT when it no longer has them, else with an error of ownership_choose or
 * ownership_apply. */
bool target_repair(const struct target *target, struct error *error);
/* Sets `ownership` to the owner, group and mode that the target must have (store/ownership.h).
 * `existing` is the file in its place, NULL when there is none. */
bool target_choose_ownership(const struct target *target, const struct stat *existing,
                             struct ownership *ownership, struct error *error);

/* Reads where the target points, when it is a symbolic link, into `text`. Returns false otherwise.
 */
bool target_read_link(const struct target *target, char text[PATH_MAX]);

/* Writes the target's contents to its temporary file of that generation. It creates the file with
 * mode 0600, sets owner and mode, writes, and calls fsync(2). On failure it leaves no file. Errors:
 * ERROR_DENIED when this user may not do it, ERROR_PERMANENT for an unknown owner or group, else
 * ERROR_TRANSIENT. */
bool target_write(const struct target *target, const char *generation, struct error *error);
/* Makes sure that the old version can be put back after target_put_new: finds out whether the file
 * system can exchange two names (renameat2(2)), else makes the old temporary file, as a hard link
 * or a synced copy. The new temporary file must exist. Returns false with ERROR_PERMANENT when the
 * old version would be lost, else with the errors of target_write. */
bool target_preserve_old(const struct target *target, const char *generation, struct error *error);

/* Where the versions of a target are. */
struct whereabouts {
    bool new_in_place;
    bool new_beside; /* in the new temporary file */
    bool old_in_place;
    bool old_beside;  /* in the temporary file `old_name` */
    bool old_is_kept; /* it is the old temporary file: no rename can lose it */
    char old_name[NAME_MAX + 1];
};

/* Finds the versions, in the target's place and in the temporary files of that generation. Returns
 * false with ERROR_TRANSIENT when a file cannot be examined: nothing may be concluded then. */
bool target_locate(const struct target *target, const char *generation, struct whereabouts *where,
                   struct error *error);

/* Return true when the new contents, or the old version, can be put in place, or are there. */
bool target_has_new(const struct whereabouts *where);
bool target_has_old(const struct target *target, const struct whereabouts *where);
/* Return true when they are in place. A target with equal contents whose new temporary file still
 * exists is not: its attributes or links differ. */
bool target_is_new(const struct target *target, const struct whereabouts *where);
bool target_is_old(const struct whereabouts *where);

/* Puts the new temporary file in the target's place; it must be there (`new_beside`). The old
 * version gets the temporary file's name, unless it is kept or not in place. A symbolic link is
 * replaced like a file, with a warning that says where it pointed. Returns false with
 * ERROR_TRANSIENT when the same call may succeed later (EIO, ENOSPC, EROFS and the like), else with
 * ERROR_DENIED or ERROR_PERMANENT. */
bool target_put_new(const struct target *target, const char *generation,
                    const struct whereabouts *where, struct error *error);
/* Puts the old version back in the target's place, or removes the target when there was none.
 * Errors as target_put_new. */
bool target_put_old(const struct target *target, const struct whereabouts *where,
                    struct error *error);
/* Renames the new temporary file to the target's name, whatever is there. Errors as
 * target_put_new. */
bool target_rename(const struct target *target, const char *generation, struct error *error);
/* Calls fsync(2) on the target's directory. */
bool target_sync_directory(const struct target *target, struct error *error);
/* Removes the temporary files of that generation, if they exist. */
void target_remove_temporaries(const struct target *target, const char *generation);

#endif

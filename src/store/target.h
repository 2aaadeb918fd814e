/* One file of a set: comparing it, checking that it can be replaced, writing its new contents to a
 * temporary file beside it, and renaming that. */
#ifndef WCP_STORE_TARGET_H
#define WCP_STORE_TARGET_H

#include "config/config.h"
#include "crypto/hash.h"

struct target {
    const char *path; /* absolute; borrowed from the configuration */
    const char *name; /* the last component of `path` */
    /* NULL: the file belongs to the agent's user and has mode 0600. */
    const struct permission *permission;
    /* The directory's descriptor, shared by targets in one directory. It is -1 when the directory
     * could not be opened; `open_error` then says why. */
    int directory;
    struct error open_error;
    struct str contents;        /* the new contents; borrowed */
    char hash[SHA256_HEX_SIZE]; /* of the new contents; in recovery, from the journal */
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
/* Returns true when rename(2) can replace the target: it is absent or a regular file, not a mount
 * point, and its file system is writable. Errors: ERROR_PERMANENT for another kind of file or a
 * mount point, else ERROR_TRANSIENT. */
bool target_preflight(const struct target *target, struct error *error);

/* Writes the target's contents to its temporary file of that generation. It creates the file with
 * mode 0600, sets owner and mode, writes, and calls fsync(2). On failure it leaves no file. Errors:
 * ERROR_DENIED when this user may not do it, ERROR_PERMANENT for an unknown owner or group, else
 * ERROR_TRANSIENT. */
bool target_write(const struct target *target, const char *generation, struct error *error);
/* Returns true when `name`, in the target's directory, is a regular file whose SHA-256 is
 * `target->hash`. */
bool target_file_has_hash(const struct target *target, const char *name);
/* Renames the temporary file of that generation to the target's name. */
bool target_rename(const struct target *target, const char *generation, struct error *error);
/* Calls fsync(2) on the target's directory. */
bool target_sync_directory(const struct target *target, struct error *error);
/* Removes the temporary file of that generation, if it exists. */
void target_remove_temporary(const struct target *target, const char *generation);

#endif

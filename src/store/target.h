/* One file of a set: compare it, check its place, write a new one beside it, rename. */
#ifndef WCP_STORE_TARGET_H
#define WCP_STORE_TARGET_H

#include "config/config.h"
#include "crypto/crypto.h"

struct target {
    const char *path;                    /* absolute; borrowed from the configuration */
    const char *name;                    /* within path */
    const struct permission *permission; /* NULL: the agent's own, 0600 */
    int directory;                       /* descriptor, which targets in one directory share; -1:
                                            could not be opened */
    struct error unopened;               /* why not */
    struct str contents;                 /* what is to be installed */
    char hash[SHA256_HEX_SIZE];          /* of the contents, or as the journal says */
};

/* True when both targets are in one directory. */
bool target_is_beside(const struct target *a, const struct target *b);

/* How an installed file compares with what the target is to be. */
enum comparison { SAME, SAME_BUT_ATTRIBUTES, DIFFERENT };
enum comparison target_compare(const struct target *target);
/* Gives an installed file of the right contents the configured mode, owner and group. */
bool target_repair(const struct target *target, struct error *error);
/* The target may be replaced by rename(2): absent or a regular file, no mount point, on a writable
 * file system. */
bool target_preflight(const struct target *target, struct error *error);

/* Writes the target's contents to its temporary file of that generation: created 0600, then owner,
 * mode, data, fsync. On failure no file is left. */
bool target_write(const struct target *target, const char *generation, struct error *error);
/* True when `name` in the target's directory is a regular file whose contents have the hash
 * `target->hash`. */
bool target_file_has_hash(const struct target *target, const char *name);
/* Renames the temporary file of that generation onto the target. */
bool target_rename(const struct target *target, const char *generation, struct error *error);
/* fsync(2) on the target's directory. */
bool target_sync_directory(const struct target *target, struct error *error);
void target_discard(const struct target *target, const char *generation);

#endif

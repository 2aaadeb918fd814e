/* The files of one certificate: where they are, how they stand, and writing a new one beside each.
 */
#ifndef WCP_STORE_FILE_SET_H
#define WCP_STORE_FILE_SET_H

#include "config/config.h"
#include "crypto/crypto.h"
#include "pki/bundle.h"
#include "store/journal.h"

#include <limits.h>

/* One file of the set. */
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

/* The set; the first target is the certificate, whose directory holds lock and journal. */
struct file_set {
    const struct certificate_config *certificate;
    struct target targets[JOURNAL_MOST_MEMBERS];
    size_t count;
    char journal[NAME_MAX + 1]; /* its file name */
};

/* Opens the directories. Only the certificate's must be there; for the others see `unopened`.
 * Closed by file_set_close also after a failure. */
bool file_set_open(const struct certificate_config *certificate, struct file_set *set,
                   struct error *error);
void file_set_close(struct file_set *set);
#define FILE_SET_AUTO __attribute__((cleanup(file_set_close)))
/* False when a directory could not be opened: `error` says which and why. */
bool file_set_is_reachable(const struct file_set *set, struct error *error);
/* True when no target before number `index` is in the same directory: what is done once for each
 * directory is done at this one. */
bool file_set_is_first_in_directory(const struct file_set *set, size_t index);
/* True when both targets are in one directory. */
bool target_is_beside(const struct target *a, const struct target *b);
/* The target with this path; NULL when the set has none. */
struct target *file_set_find(struct file_set *set, struct str path);
/* fsync(2) on every directory of the set, each once. */
bool file_set_sync_directories(const struct file_set *set, struct error *error);

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

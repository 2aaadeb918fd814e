/* The installed files of one certificate: certificate and key, optionally chain and combined file.
 */
#ifndef WCP_STORE_FILE_SET_H
#define WCP_STORE_FILE_SET_H

#include "config/config.h"
#include "crypto/hash.h"
#include "pki/bundle.h"
#include "store/journal.h"
#include "store/target.h"

#include <limits.h>

/* The first target is the certificate file. Its directory holds the journal, and is locked while
 * the set changes. */
struct file_set {
    const struct certificate_config *certificate;
    struct target targets[JOURNAL_MAX_MEMBERS];
    size_t count;
    char journal[NAME_MAX + 1]; /* the name of the journal's file */
};

/* Opens the directories of all targets. `certificate` must outlive the set. Returns false with an
 * error of safe_parent_open when the certificate file's directory cannot be opened; for the other
 * targets, see their `open_error`. The caller calls file_set_close, even after a failure. */
bool file_set_open(const struct certificate_config *certificate, struct file_set *set,
                   struct error *error);
void file_set_close(struct file_set *set);
/* Closes the set at the end of the block that declares it. */
#define FILE_SET_AUTO __attribute__((cleanup(file_set_close)))
/* Returns false when the directory of a target could not be opened; `error` is the first such
 * `open_error`. */
bool file_set_is_reachable(const struct file_set *set, struct error *error);
/* Returns true when no earlier target is in the directory of target `index`. A loop that handles
 * each directory once handles it at this target. */
bool file_set_is_first_in_directory(const struct file_set *set, size_t index);
/* Returns the target with this path; NULL when the set has none. */
struct target *file_set_find(struct file_set *set, struct str path);
/* Calls fsync(2) on each open directory of the set, once. */
bool file_set_sync_directories(const struct file_set *set, struct error *error);

#endif

/* The files of one certificate: where they are, how they stand, and writing a new one beside each.
 */
#ifndef WCP_STORE_FILE_SET_H
#define WCP_STORE_FILE_SET_H

#include "config/config.h"
#include "pki/bundle.h"
#include "store/journal.h"
#include "store/target.h"

#include <limits.h>

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
/* The target with this path; NULL when the set has none. */
struct target *file_set_find(struct file_set *set, struct str path);
/* fsync(2) on every directory of the set, each once. */
bool file_set_sync_directories(const struct file_set *set, struct error *error);

#endif

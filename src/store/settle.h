/* Settles the files of a set: completes a replacement that was interrupted after its commit. The
 * caller holds the lock of the set. */
#ifndef WCP_STORE_SETTLE_H
#define WCP_STORE_SETTLE_H

#include "base/limits.h"
#include "store/file_set.h"

enum settlement {
    /* There is no journal: no run was interrupted after its commit. */
    SETTLE_NOTHING,
    /* There is neither journal nor certificate file, and other files of the set are in other
     * directories. The certificate's file system may not be mounted yet. No file was removed. */
    SETTLE_UNKNOWN,
    /* There is a journal, and every file has the contents that it names. The hook must run. */
    SETTLE_PENDING,
    /* The journal cannot be trusted or completed. It stays, and a warning was logged. */
    SETTLE_STUCK,
};

enum journal_state { JOURNAL_ABSENT, JOURNAL_TRUSTED, JOURNAL_UNTRUSTED };

/* Reads the journal of the set into `text` and parses it into `journal`, which borrows from `text`.
 * It also sets the hash of each target that the journal names. The journal is trusted when it is a
 * regular file with one link, belongs to root or the effective user, cannot be written by others,
 * has a correct checksum, and names only files of the set. When it is not, `error` says why. */
enum journal_state journal_load(struct file_set *set, struct buf *text, struct journal *journal,
                                struct error *error);

/* Completes an interrupted replacement, then removes temporary files that are no longer needed.
 * Sets `completed` when it renamed a file. For SETTLE_PENDING, `generation` is that of the journal.
 * Returns false when a rename or sync failed; the journal stays, and the caller can try again
 * later. */
bool settle_set(struct file_set *set, enum settlement *settlement, char generation[GENERATION_SIZE],
                bool *completed, struct error *error);

/* Call it after all temporary files and then the journal were written. It syncs the journal's
 * directory, which commits the replacement; then it renames the temporary files to their targets
 * and syncs. Returns false when a rename or sync failed; settle_set can complete the replacement
 * later. */
bool settle_complete(struct file_set *set, const struct journal *journal, struct error *error);

/* Removes the temporary files of the set, except those of `generation`; NULL removes all. */
void settle_remove_strays(const struct file_set *set, const char *generation);

/* Removes the journal and syncs its directory. */
bool journal_remove(const struct file_set *set, struct error *error);

#endif

/* The file of a journal: reading and judging it, writing it, removing it. The caller holds the lock
 * of the set. */
#ifndef WCP_STORE_JOURNAL_FILE_H
#define WCP_STORE_JOURNAL_FILE_H

#include "base/limits.h"
#include "store/file_set.h"

enum journal_state { JOURNAL_ABSENT, JOURNAL_TRUSTED, JOURNAL_UNTRUSTED };

/* Reads the journal of the set into `text` and parses it into `journal`, which borrows from `text`.
 * It also sets the new hash and the old version of each target that the journal names. The journal
 * is trusted when it is a regular file with one link, belongs to root or the effective user (for
 * root, also to the user who owns all directories of the set), cannot be written by others, has a
 * correct checksum, and names only files of the set. When it is not, `error` says why:
 * ERROR_TRANSIENT when it could only not be read now. */
enum journal_state journal_load(struct file_set *set, struct buf *text, struct journal *journal,
                                struct error *error);

/* Writes the journal's temporary file and syncs it, then renames it to its name and syncs its
 * directory: it is on disk when this returns true. After a failure, the journal on disk is the
 * earlier one or this one. Errors are those of target_write, target_rename and
 * target_sync_directory. */
bool journal_commit(const struct file_set *set, const struct journal *journal, struct error *error);

/* Removes the journal and syncs its directory. Returns false with ERROR_TRANSIENT. */
bool journal_remove(const struct file_set *set, struct error *error);

#endif

/* Finishing what an interrupted run left. The caller holds the lock of the set. */
#ifndef WCP_STORE_SETTLE_H
#define WCP_STORE_SETTLE_H

#include "base/limits.h"
#include "store/file_set.h"

enum settlement {
    SETTLE_NOTHING, /* no journal: no run was interrupted after its commit */
    SETTLE_UNKNOWN, /* no journal, but no certificate either, and other files are elsewhere: nothing
                       was swept, the certificate's file system may not be mounted yet */
    SETTLE_PENDING, /* a journal, and every file is as it says: its command is to run */
    SETTLE_STUCK,   /* a journal that cannot be completed, or is not to be believed: left as it is,
                       logged */
};

/* The journal as it stands on disk. */
enum journal_state { JOURNAL_ABSENT, JOURNAL_BELIEVED, JOURNAL_DOUBTFUL };

/* Reads the set's journal into `text` and `journal`, which borrows from it. Believed only when it
 * is a regular file with one link, owned by root or the effective user, not writable by others,
 * whole, and names no file but the set's. Doubtful: `error` says why. */
enum journal_state journal_load(struct file_set *set, struct buf *text, struct journal *journal,
                                struct error *error);

/* DESIGN: settle, then sweep. `generation` gets the journal's when the result is SETTLE_PENDING,
 * `completed` tells whether a rename was made. False: a rename or sync failed, the journal stays
 * and it can be tried again. */
bool settle(struct file_set *set, enum settlement *settlement, char generation[GENERATION_SIZE],
            bool *completed, struct error *error);

/* Right after the journal was put in place: syncs its directory, which commits it, renames the
 * temporary file of every target, just written, onto it, and syncs. False: a rename or sync failed;
 * settle can go on from there. */
bool settle_complete(struct file_set *set, const struct journal *journal, struct error *error);

/* Removes the set's temporary files, those of `generation` excepted (NULL: all). */
void settle_sweep(const struct file_set *set, const char *generation);

/* Removes the journal and syncs its directory. */
bool journal_remove(const struct file_set *set, struct error *error);

#endif

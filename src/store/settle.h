/* Settles the files of a set: completes a replacement that was interrupted after its commit, or
 * takes it back. The caller holds the lock of the set. */
#ifndef WCP_STORE_SETTLE_H
#define WCP_STORE_SETTLE_H

#include "store/file_set.h"
#include "store/journal_file.h"

enum settlement {
    /* There is no journal: nothing is left to do. */
    SETTLE_DONE,
    /* There is neither a journal nor a certificate file. Temporary files in other directories stay:
     * the certificate's file system may not be mounted yet (store/strays.h). */
    SETTLE_ABSENT,
    /* There is no journal, and a file system is not mounted on which files of the set were
     * (store/mounts.h): `error` says which. No file was removed. */
    SETTLE_MISSING,
    /* There is a journal, and every file is in its place. The hook must run. */
    SETTLE_HOOK_DUE,
    /* The journal cannot be trusted, or what both directions need is missing or refused for good.
     * The journal stays. Only a new installation of all files helps. */
    SETTLE_STUCK,
    /* A file could not be put in place, or back, or a directory not be synced. The journal stays,
     * and the same call may succeed later. */
    SETTLE_UNFINISHED,
};

struct settled {
    enum settlement settlement;
    /* Of the journal, for SETTLE_HOOK_DUE, and for SETTLE_DONE when no hook is configured for it.
     */
    char generation[GENERATION_SIZE];
    bool completed; /* a file was put in its place */
    bool went_back; /* the old versions were put back; the error says why */
    bool holds_old; /* the files are the old versions, which this or an earlier call put back */
};

/* Goes on where an interrupted replacement stopped, then removes temporary files that are no longer
 * needed. When the new files cannot be put in place, it puts the old ones back. `patient`: not for
 * a failure that may pass (EIO, ENOSPC, EROFS and the like). `error` is set for SETTLE_STUCK,
 * SETTLE_MISSING and SETTLE_UNFINISHED, and when it went back. */
void settle_set(struct file_set *set, bool patient, struct settled *settled, struct error *error);

/* The same, for a journal that was just committed. */
void settle_journal(struct file_set *set, struct journal *journal, bool patient,
                    struct settled *settled, struct error *error);

/* The same after the commit of this generation has failed: the journal may be on disk or not, and
 * no file has moved. Takes the commit back, and settles what was before it. */
void settle_uncommitted(struct file_set *set, const char *generation, struct settled *settled,
                        struct error *error);

#endif

/* A set of files replaced as one: whatever happens, after recovery it is wholly old or wholly new,
 * and a changed set is followed by its refresh command. */
#ifndef WCP_STORE_INSTALL_H
#define WCP_STORE_INSTALL_H

#include "store/file_set.h"

/* What was done and what is left to do. */
struct install_outcome {
    bool changed;      /* the files were replaced by this call */
    bool repaired;     /* only modes or owners were set */
    bool completed;    /* an interrupted replacement was finished */
    bool unfinished;   /* a committed replacement is not in place: install_recover goes on */
    bool hook_pending; /* the refresh command must run; then call install_hook_done */
    char generation[GENERATION_SIZE]; /* of the pending command */
};

/* Brings the certificate's files to `bundle`, all under the lock of the set. Contents equal:
 * nothing is written, but modes and owners are repaired. `force`: replaced even when equal. False:
 * the files are as they were, or (a rename failed after the commit) a later install_recover
 * completes them. */
bool install_bundle(const struct certificate_config *certificate, const struct bundle *bundle,
                    bool force, struct install_outcome *outcome, struct error *error);

/* Settles what an interrupted run left, and only that: completes a committed replacement, removes
 * temporary files that no journal owns. False: the journal stays, nothing was changed by this call
 * but completed renames. */
bool install_recover(const struct certificate_config *certificate, struct install_outcome *outcome,
                     struct error *error);

/* Whether the refresh command of that generation is still to run, by the journal; settles nothing.
 * False: that cannot be told. */
bool install_hook_is_pending(const struct certificate_config *certificate, const char *generation,
                             bool *pending, struct error *error);

/* Clears the journal after its command succeeded, if it is still of that generation. False: it
 * could not be removed and the command will run again. */
bool install_hook_done(const struct certificate_config *certificate, const char *generation,
                       struct error *error);

#endif

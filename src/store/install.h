/* Replaces the files of a certificate together. After a crash or power cut at any moment, recovery
 * leaves all files old or all files new, and the hook runs after every change. A hook is the
 * certificate's refresh command. */
#ifndef WCP_STORE_INSTALL_H
#define WCP_STORE_INSTALL_H

#include "store/file_set.h"

/* The changes that a call made, and the work that is left. */
struct install_outcome {
    bool changed;      /* this call replaced the files */
    bool repaired;     /* this call set modes or owners only */
    bool completed;    /* this call completed an interrupted replacement */
    bool unfinished;   /* a committed replacement is not complete: call install_recover later */
    bool hook_pending; /* the hook must run; then call install_hook_done */
    char generation[GENERATION_SIZE]; /* of the replacement that the pending hook belongs to */
};

/* Installs `bundle` as the certificate's files, under the lock of the set. When all contents are
 * equal, it writes no file and only sets modes and owners that differ; with `force`, it replaces
 * the files all the same. Returns false after a failure. `outcome` is valid then, too: `changed`
 * is true when all files were replaced, `unfinished` when a rename failed after the commit and
 * install_recover must complete the replacement. When neither is true, all contents are as they
 * were. Errors are those of the file_set, target and lock functions. */
bool install_bundle(const struct certificate_config *certificate, const struct bundle *bundle,
                    bool force, struct install_outcome *outcome, struct error *error);

/* Recovers from an interrupted run, under the lock of the set: completes a committed replacement,
 * and removes temporary files that no journal needs. Does nothing else. Returns false when the
 * replacement cannot be completed: ERROR_PERMANENT when only a new installation helps, otherwise
 * call it again later. The journal then stays. */
bool install_recover(const struct certificate_config *certificate, struct install_outcome *outcome,
                     struct error *error);

/* Sets `pending` to true when the journal is of that generation: its hook must run. Changes
 * nothing. Returns false when the set cannot be locked, or its journal cannot be trusted. */
bool install_hook_is_pending(const struct certificate_config *certificate, const char *generation,
                             bool *pending, struct error *error);

/* Removes the journal after its hook succeeded, if it is still of that generation. Returns false
 * when the journal could not be removed: the hook will run again. */
bool install_hook_done(const struct certificate_config *certificate, const char *generation,
                       struct error *error);

#endif

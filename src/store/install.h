/* Replaces the files of a certificate together. After a crash or power cut at any moment, recovery
 * leaves all files old or all files new, and the hook runs after every change. A hook is the
 * certificate's refresh command. */
#ifndef WCP_STORE_INSTALL_H
#define WCP_STORE_INSTALL_H

#include "store/file_set.h"

enum store_state {
    STORE_UNKNOWN,   /* the files could not be examined */
    STORE_HELD,      /* another process holds the lock of the set: nothing was examined */
    STORE_ABSENT,    /* there is no certificate file, and no journal */
    STORE_IN_PLACE,  /* the files belong together, and no journal is left */
    STORE_HOOK_DUE,  /* the files belong together; the hook must run, then call install_confirm */
    STORE_UNSETTLED, /* a replacement is unfinished: call install_settle later */
};

/* The changes that a call made, and the work that is left. Valid after a failure, too. */
struct install_outcome {
    enum store_state state;
    bool changed;   /* this call replaced the files */
    bool compared;  /* the files have the contents that this call was to install */
    bool repaired;  /* this call set modes or owners only */
    bool completed; /* this call completed an interrupted replacement */
    bool went_back; /* this call put the old versions back */
    bool holds_old; /* the files are old versions that this or an earlier call put back */
    bool committed; /* STORE_UNSETTLED: the contents to install are committed */
    char generation[GENERATION_SIZE]; /* of the journal, for STORE_HOOK_DUE */
};

/* Tells an installed certificate file from the one that replaces it; zero: there is none, or it
 * cannot be examined. */
struct install_stamp {
    uint64_t inode;
    int64_t changed_ns; /* the inode's ctime */
};
struct install_stamp install_stamp(const struct certificate_config *certificate);

struct install_options {
    bool force;           /* replace the files even when they are equal */
    bool patient;         /* leave a replacement unfinished for a failure that may pass */
    int64_t lock_wait_ms; /* how long to wait for the lock of the set; 0: not at all */
    /* Before the bundle was fetched; NULL: unknown. When other contents are installed by now,
     * nothing is replaced: they may be newer. */
    const struct install_stamp *before_fetch;
};

/* All functions below work under the lock of the set. When another process holds it for longer than
 * the options say, they return false with STORE_HELD and ERROR_TRANSIENT. */

/* Installs `bundle` as the certificate's files. An interrupted replacement is settled first. When
 * all contents are equal, it writes no file and only sets modes and owners that differ. Returns
 * false after a failure: no file has the new contents then, unless the state is STORE_UNSETTLED.
 * Errors are those of the file_set, target and lock functions, and ERROR_TRANSIENT when another
 * process has replaced the files since `before_fetch`. */
bool install_bundle(const struct certificate_config *certificate, const struct bundle *bundle,
                    const struct install_options *options, struct install_outcome *outcome,
                    struct error *error);

/* Settles an interrupted replacement (store/settle.h), and removes temporary files that no journal
 * needs. Does nothing else. Returns false when the replacement stays unfinished: ERROR_PERMANENT
 * when only a new installation helps, otherwise call it again later. */
bool install_settle(const struct certificate_config *certificate,
                    const struct install_options *options, struct install_outcome *outcome,
                    struct error *error);

/* Settles as install_settle; then, when the hook is due for this generation, removes the journal:
 * the hook has succeeded. The state is STORE_HOOK_DUE when another generation's hook is due.
 * Returns false when the set is unfinished, or the journal could not be removed (STORE_HOOK_DUE,
 * with this generation). */
bool install_confirm(const struct certificate_config *certificate, const char *generation,
                     const struct install_options *options, struct install_outcome *outcome,
                     struct error *error);

#endif

/* The record of a hook that runs, or has run, for a certificate: a small file beside the
 * certificate, ".<certificate file>.wcp-hook". Whoever runs a hook holds the file's lock until the
 * hook has ended, so that no hook runs twice at the same time, whichever process started it. The
 * record says which process the hook is, in case its runner dies, and how it ended, in case the
 * agent did. It is meaningless after a reboot, and never synced. */
#ifndef WCP_STORE_HOOK_RECORD_H
#define WCP_STORE_HOOK_RECORD_H

#include "config/config.h"
#include "store/journal.h"

#include <stdint.h>
#include <sys/types.h>

enum hook_record_state { HOOK_NOT_RECORDED, HOOK_RECORDED_RUNNING, HOOK_RECORDED_ENDED };

struct hook_record {
    enum hook_record_state state;
    char generation[GENERATION_SIZE]; /* of the journal that it runs for; "": none */
    pid_t hook;                       /* its process */
    uint64_t started;                 /* start time of that process, from /proc; 0: unknown */
    int64_t until_ms;                 /* its time limit, on the clock of clock_monotonic_ms */
    int status;                       /* wait(2)'s, when it has ended */
};

enum hook_lock { HOOK_LOCK_TAKEN, HOOK_LOCK_HELD, HOOK_LOCK_FAILED };

/* Takes the lock of the certificate's record, and creates the file if necessary. HOOK_LOCK_TAKEN:
 * `*lock` is a descriptor that holds the lock until all copies of it are closed; it is closed on
 * exec. HOOK_LOCK_HELD: another process holds it, or its runner has died and the hook still runs;
 * such a hook is ended when it is over its time limit.
 * HOOK_LOCK_FAILED: a file system of the certificate is not mounted (store/mounts.h), or the file
 * cannot be created or locked; `error` says why. */
enum hook_lock hook_record_lock(const struct certificate_config *certificate, int *lock,
                                struct error *error);

/* Writes the record through a descriptor of hook_record_lock. Returns false with errno set. */
bool hook_record_write(int lock, const struct hook_record *record);

/* Returns true when a hook has succeeded for this journal since the machine was started. */
bool hook_record_says_done(const struct certificate_config *certificate, const char *generation);

/* Returns true when another process runs a hook for the certificate: its lock is held, or its
 * runner has died and the hook still runs; such a hook is ended when it is over its time limit. */
bool hook_record_is_held(const struct certificate_config *certificate);

/* Returns true when the record names a hook that runs, and is within its time limit or the grace
 * after that. */
bool hook_record_is_in_time(const struct certificate_config *certificate);

/* Removes the record, unless its lock is held. */
void hook_record_remove(const struct certificate_config *certificate);

/* Returns the start time of a process, as in /proc/<pid>/stat; 0 when it does not exist or has
 * ended (nobody may have reaped it), or /proc is not mounted. */
uint64_t hook_record_process_start(pid_t process);

#endif

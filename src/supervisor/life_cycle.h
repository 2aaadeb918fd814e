/* Where one certificate is between ACM and the clients of its server: the whole state, which is
 * changed here and nowhere else. No input or output, no clock, no random numbers.
 *
 * Two questions are kept apart. *Fetch*: is the certificate to be asked of ACM, and what did the
 * last answer bring? *Take-up*: are the files on disk in place, and has the server taken them up?
 *
 *   event                     fetch               take-up
 *   ------------------------  ------------------  -----------------------------------------------
 *   ask                       DUE, unless in a worker
 *   enter_worker              IN_WORKER
 *   fetched                   IDLE
 *   unsettled                                     UNSETTLED
 *   hook_due                                      HOOK_DUE; HOOK_RUNNING stays, and is due again
 *                                                 at its end if the generation is another one
 *   look_due                                      LOOK_DUE
 *   done                                          DONE
 *   hook_started              (from HOOK_DUE)     HOOK_RUNNING
 *   look_started              (from LOOK_DUE)     LOOK_RUNNING
 *   ended well                                    HOOK_RUNNING: DONE, or HOOK_DUE for a newer
 *                                                 generation; LOOK_RUNNING: DONE
 *   ended badly                                   HOOK_RUNNING: HOOK_FAILED, or HOOK_DUE for a
 * newer generation; HOOK_DUE (it could not be started): HOOK_FAILED; LOOK_RUNNING: LOOK_FAILED
 *
 * The end of a hook or a look that the state has moved past (a newer replacement is unsettled, a
 * hook became due during a look) changes nothing. */
#ifndef WCP_SUPERVISOR_LIFE_CYCLE_H
#define WCP_SUPERVISOR_LIFE_CYCLE_H

#include "base/clock.h"
#include "store/journal.h"

enum fetch_state { FETCH_IDLE, FETCH_DUE, FETCH_IN_WORKER };

/* What the last fetch brought. */
enum fetch_result {
    FETCH_NOT_TRIED,
    FETCH_UPDATED, /* other contents than those on disk */
    FETCH_UNCHANGED,
    FETCH_FAILED,
};

enum deployment {
    DEPLOYMENT_DONE,      /* as far as is known: nothing is to be done with what is on disk */
    DEPLOYMENT_UNSETTLED, /* not all files are in place; the schedule says when to try again */
    DEPLOYMENT_HOOK_DUE,
    DEPLOYMENT_HOOK_RUNNING, /* and after it, with served_at, the look at the server */
    DEPLOYMENT_HOOK_FAILED,  /* the schedule says when to try again */
    DEPLOYMENT_PROBE_DUE,    /* with served_at: what the server presents is to be looked at */
    DEPLOYMENT_PROBE_RUNNING,
    DEPLOYMENT_PROBE_FAILED, /* the schedule says when to try again */
};

struct life_cycle {
    enum fetch_state fetch;
    enum fetch_result result;
    enum deployment deployment;
    const char *hook_reason;      /* why the hook runs, for log and WCP_REASON; a constant text */
    struct deadline gather_until; /* a due hook waits so long for others with the same command */
    char generation[GENERATION_SIZE]; /* of the journal that the due hook may remove; "": the hook
                                         runs although no journal asks for it */
    char running[GENERATION_SIZE];    /* the same for the hook that runs */
};

void life_cycle_fetch_due(struct life_cycle *life);
void life_cycle_fetch_started(struct life_cycle *life);
/* The fetch has ended, or was given up: IDLE. */
void life_cycle_fetch_ended(struct life_cycle *life, enum fetch_result result);

void life_cycle_unsettled(struct life_cycle *life);
/* `generation` is the journal's, "" when there is none; `reason` a constant text. */
void life_cycle_hook_due(struct life_cycle *life, const char *generation, const char *reason,
                         struct deadline gather_until);
void life_cycle_probe_due(struct life_cycle *life);
void life_cycle_done(struct life_cycle *life);

/* The hook, or the look, was started for this certificate. */
void life_cycle_hook_started(struct life_cycle *life);
void life_cycle_probe_started(struct life_cycle *life);
/* It ended. True when that ends the take-up, well or badly; false when the state has moved past it,
 * or a hook is due for a newer generation. */
bool life_cycle_step_succeeded(struct life_cycle *life);
bool life_cycle_step_failed(struct life_cycle *life);
/* A hook or look that was started under an earlier configuration is to be started again. */
void life_cycle_restart_step(struct life_cycle *life);

/* True while the refresh command is still to succeed. */
bool life_cycle_hook_is_pending(const struct life_cycle *life);
/* True while a hook or a look is due or under way: settling has to wait for its end. */
bool life_cycle_step_is_active(const struct life_cycle *life);
/* True when ACM's answer to the last fetch is on disk, or committed to it. */
bool life_cycle_has_fetched(const struct life_cycle *life);
/* True when the last fetch or what came after it failed. */
bool life_cycle_has_failed(const struct life_cycle *life);

#endif

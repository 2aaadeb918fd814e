/* The state of one certificate, from ACM to the clients of its server. It is changed here and
 * nowhere else. This module has no input or output, no clock and no random numbers.
 *
 * There are two independent parts. *Fetch*: is the certificate to be fetched from ACM, and what was
 * the last result? *Deployment*: are the files on disk in place, has the hook run, and does the
 * server present the certificate? A *step* of the deployment is a hook, with the probe that follows
 * it, or a probe without a hook.
 *
 *   event           fetch        deployment
 *   --------------  -----------  ---------------------------------------------------------------
 *   fetch_due       DUE (1)
 *   fetch_started   IN_WORKER
 *   fetch_ended     IDLE
 *   unsettled                    UNSETTLED
 *   hook_due                     HOOK_DUE; HOOK_RUNNING stays (2)
 *   probe_due                    PROBE_DUE
 *   done                         DONE
 *   hook_started                 HOOK_DUE -> HOOK_RUNNING
 *   probe_started                PROBE_DUE -> PROBE_RUNNING
 *   step_succeeded               HOOK_RUNNING -> DONE (2); PROBE_RUNNING -> DONE
 *   hook_not_started             HOOK_DUE -> HOOK_FAILED
 *   step_failed                  HOOK_RUNNING -> HOOK_FAILED (2); PROBE_RUNNING -> PROBE_FAILED
 *
 * (1) Unless a worker is already fetching it.
 * (2) When a hook becomes due for a newer generation while one runs, the end of the running hook
 *     leads to HOOK_DUE.
 *
 * The end of a step changes nothing when the state has moved on in the meantime: a newer update is
 * unsettled, or a hook became due during a probe. One exception: a hook that succeeds while it is
 * due again for its own generation (the files could not be examined while it ran) is DONE. */
#ifndef WCP_SUPERVISOR_LIFE_CYCLE_H
#define WCP_SUPERVISOR_LIFE_CYCLE_H

#include "base/clock.h"
#include "store/journal.h"

enum fetch_state { FETCH_IDLE, FETCH_DUE, FETCH_IN_WORKER };

/* The result of the last fetch. */
enum fetch_result {
    FETCH_NOT_TRIED,
    FETCH_UPDATED,   /* the contents differ from the files on disk */
    FETCH_UNCHANGED, /* the contents equal the files on disk */
    FETCH_FAILED,
};

enum deployment {
    DEPLOYMENT_DONE,         /* nothing is left to do, as far as is known */
    DEPLOYMENT_UNSETTLED,    /* not all files are in place; the schedule has the next attempt */
    DEPLOYMENT_HOOK_DUE,     /* the hook is to be run */
    DEPLOYMENT_HOOK_RUNNING, /* the hook, or with served_at the probe after it, is running */
    DEPLOYMENT_HOOK_FAILED,  /* the schedule has the next attempt */
    DEPLOYMENT_PROBE_DUE,    /* the server at served_at is to be probed */
    DEPLOYMENT_PROBE_RUNNING,
    DEPLOYMENT_PROBE_FAILED, /* the schedule has the next attempt */
};

struct life_cycle {
    enum fetch_state fetch;
    enum fetch_result result;
    enum deployment deployment;
    const char *hook_reason;          /* for the log and WCP_REASON; a constant text */
    struct deadline gather_until;     /* until then a due hook waits for others of its command */
    char generation[GENERATION_SIZE]; /* of the due hook's journal; "": no journal requests it */
    char running[GENERATION_SIZE];    /* the same for the running hook; "" when none runs */
    bool probe_failed;                /* a probe has failed since the last fetch */
};

/* The certificate is to be fetched. */
void life_cycle_fetch_due(struct life_cycle *life);
/* A worker fetches it. */
void life_cycle_fetch_started(struct life_cycle *life);
/* The fetch has ended, or was abandoned. */
void life_cycle_fetch_ended(struct life_cycle *life, enum fetch_result result);

/* Not all files are in place. */
void life_cycle_unsettled(struct life_cycle *life);
/* The hook is to be run. `generation` is the journal's, "" without one; `reason` is a constant
 * text. */
void life_cycle_hook_due(struct life_cycle *life, const char *generation, const char *reason,
                         struct deadline gather_until);
/* The server is to be probed. */
void life_cycle_probe_due(struct life_cycle *life);
/* Nothing is left to do. */
void life_cycle_done(struct life_cycle *life);

/* The hook, or the probe, was started for this certificate. */
void life_cycle_hook_started(struct life_cycle *life);
void life_cycle_probe_started(struct life_cycle *life);
/* The due hook could not be started. */
void life_cycle_hook_not_started(struct life_cycle *life);
/* The step has ended. True when this ends the deployment, successfully or not. False when the state
 * has moved on, or a hook is due for a newer generation. */
bool life_cycle_step_succeeded(struct life_cycle *life);
bool life_cycle_step_failed(struct life_cycle *life);
/* A step that was started under an earlier configuration is to be started again. */
void life_cycle_restart_step(struct life_cycle *life);

/* True when the hook that is due, running or failed was requested without a journal. */
bool life_cycle_hook_has_no_journal(const struct life_cycle *life);
/* True while the hook has not succeeded: it is due, running, or failed. */
bool life_cycle_hook_is_pending(const struct life_cycle *life);
/* True while a hook or a probe is due or running: settling has to wait for its end. */
bool life_cycle_step_is_active(const struct life_cycle *life);
/* True when the last fetch succeeded: its contents are on disk, or committed in the journal. */
bool life_cycle_has_fetched(const struct life_cycle *life);
/* True when the last fetch or the deployment failed. */
bool life_cycle_has_failed(const struct life_cycle *life);

#endif

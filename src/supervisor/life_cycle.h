/* The state of one certificate, from ACM to the clients of its server. It changes in one function,
 * which has no input or output, no clock and no random numbers.
 *
 * There are two independent parts. *Fetch*: is the certificate to be fetched from ACM, and what was
 * the last result? *Deployment*: are the files on disk in place, has the hook run, and does the
 * server present the certificate? The journal on disk is the truth about the deployment, whoever
 * wrote it: DONE is only reached from what the store has found under its lock.
 *
 * Fetch. A pair that the table lacks cannot happen ("-"), or changes nothing ("stays").
 *
 *   event             IDLE   DUE        IN_WORKER    INSTALLING   actions
 *   ----------------  -----  ---------  -----------  -----------  -------------------------------
 *   FETCH_DUE         DUE    stays      stays        stays
 *   FETCH_STARTED     -      IN_WORKER  -            -
 *   FETCH_ENDED       -      -          INSTALLING   -            INSTALL
 *   UPDATED           -      -          -            IDLE (1)     PLAN_NEXT_FETCH
 *   UNCHANGED         -      -          -            IDLE (1)     PLAN_NEXT_FETCH
 *   FETCH_FAILED      -      IDLE (2)   IDLE (2)     IDLE (2)     PLAN_FETCH_RETRY, EXAMINE (3)
 *   FETCH_ABANDONED   stays  IDLE       IDLE         IDLE
 *   TAKEN_BACK        stays  stays      stays        stays        PLAN_FETCH_RETRY (4)
 *
 * (1) Sets the result. Then the server has to be probed, with served_at; and with refresh_on_start,
 *     the first time, the hook has to run.
 * (2) Sets the result FETCH_FAILED.
 * (3) Not from INSTALLING, where the store was asked just now, and not while a step is active.
 * (4) After a successful fetch: sets the result FETCH_FAILED, with the action from IDLE only.
 *
 * Deployment, by what the store finds. A *step* is a hook, with the probe that follows it, or a
 * probe without a hook; it is active while it is due or running.
 *
 *   event       what the store found                       next state              actions
 *   ----------  -----------------------------------------  ----------------------  ---------------
 *   IN_PLACE    the files belong together, no journal is   HOOK_DUE when a hook is wanted without
 *               left                                       a journal; else PROBE_DUE when the
 *                                                          server has to be probed; else DONE, with
 *                                                          PLAN_NOTHING and SAY_FRESH (5).
 *                                                          A running step stays.
 *   JOURNAL     the files belong together, the journal     HOOK_DUE; HOOK_RUNNING stays
 *               requests the hook
 *   JOURNAL_    the same, but the hook has succeeded for   CONFIRMING, with CONFIRM; from
 *   DONE        this journal already                       CONFIRMING (the journal could not be
 *                                                          removed) PLAN_RETRY; HOOK_RUNNING stays
 *   UNSETTLED   a replacement is unfinished, or nothing    UNSETTLED, with PLAN_SETTLING
 *               could be examined
 *   HELD        another process holds the lock             stays, with TRY_AGAIN
 *
 * Deployment, by what steps do. "ignored": the state has moved on while the step ran.
 *
 *   event             from                    next state                          actions
 *   ----------------  ----------------------  ----------------------------------  ---------------
 *   RETRY             UNSETTLED, DONE,        stays                               EXAMINE
 *                     HOOK_FAILED,
 *                     PROBE_FAILED
 *                     CONFIRMING              stays                               CONFIRM
 *                     an active step          stays
 *   HOOK_STARTED      HOOK_DUE                HOOK_RUNNING
 *   HOOK_NOT_STARTED  HOOK_DUE                HOOK_FAILED                         PLAN_RETRY
 *   HOOK_SUCCEEDED    HOOK_RUNNING, HOOK_DUE  CONFIRMING (6)                      CONFIRM
 *                     others                  ignored
 *   HOOK_FAILED       HOOK_RUNNING            HOOK_FAILED                         PLAN_RETRY
 *                     others                  ignored
 *   PROBE_STARTED     PROBE_DUE               PROBE_RUNNING
 *   PROBE_SAME        PROBE_RUNNING           CONFIRMING (7)                      CONFIRM
 *                     others                  ignored
 *   PROBE_OTHER       PROBE_RUNNING           HOOK_DUE (8) when there is a hook, else PROBE_FAILED
 *                                             with PLAN_RETRY
 *                     others                  ignored
 *   PROBE_FAILED      PROBE_RUNNING           PROBE_FAILED                        PLAN_RETRY
 *                     others                  ignored
 *   STEP_ABANDONED    HOOK_RUNNING            HOOK_DUE
 *                     PROBE_RUNNING           PROBE_DUE
 *                     others                  ignored
 *
 * The end of a hook cannot come in HOOK_FAILED, PROBE_RUNNING or PROBE_FAILED, nor the end of a
 * probe in HOOK_RUNNING, HOOK_FAILED or PROBE_FAILED: one step runs at a time.
 *
 * (5) SAY_FRESH when the last fetch succeeded, freshness has not been reported since, and no newer
 *     bundle waits in INSTALLING.
 * (6) Neither a hook nor a probe is wanted any more.
 * (7) The server need not be probed any more.
 * (8) The hook is wanted without a journal. */
#ifndef WCP_SUPERVISOR_LIFE_CYCLE_H
#define WCP_SUPERVISOR_LIFE_CYCLE_H

#include <stdbool.h>

enum fetch_state { FETCH_IDLE, FETCH_DUE, FETCH_IN_WORKER, FETCH_INSTALLING };

/* The result of the last fetch. */
enum fetch_result {
    FETCH_NOT_TRIED,
    FETCH_UPDATED,   /* the contents differed from the files on disk, and are installed */
    FETCH_UNCHANGED, /* the contents equal the files on disk */
    FETCH_FAILED,
};

enum deployment {
    DEPLOYMENT_DONE,         /* nothing is left to do, as far as is known */
    DEPLOYMENT_UNSETTLED,    /* not all files are in place, or it is not known whether they are */
    DEPLOYMENT_HOOK_DUE,     /* the hook is to be run */
    DEPLOYMENT_HOOK_RUNNING, /* the hook, or with served_at the probe after it, is running */
    DEPLOYMENT_HOOK_FAILED,
    DEPLOYMENT_PROBE_DUE, /* the server at served_at is to be probed */
    DEPLOYMENT_PROBE_RUNNING,
    DEPLOYMENT_PROBE_FAILED,
    DEPLOYMENT_CONFIRMING, /* the step succeeded: its journal is to be removed */
    DEPLOYMENT_STATES
};

enum life_event {
    LIFE_FETCH_DUE,
    LIFE_FETCH_STARTED,
    LIFE_FETCH_ENDED, /* a bundle has arrived */
    LIFE_UPDATED,     /* the bundle was installed */
    LIFE_UNCHANGED,   /* the files have the bundle's contents already */
    LIFE_FETCH_FAILED,
    LIFE_FETCH_ABANDONED,
    LIFE_TAKEN_BACK, /* what was fetched is not, or not known to be, on disk any more */
    LIFE_IN_PLACE,
    LIFE_JOURNAL,
    LIFE_JOURNAL_DONE,
    LIFE_UNSETTLED,
    LIFE_HELD,
    LIFE_RETRY, /* the time of a planned attempt has come */
    LIFE_HOOK_STARTED,
    LIFE_HOOK_NOT_STARTED,
    LIFE_HOOK_SUCCEEDED, /* and with served_at, the server presents the certificate */
    LIFE_HOOK_FAILED,
    LIFE_PROBE_STARTED,
    LIFE_PROBE_SAME,
    LIFE_PROBE_OTHER, /* the server presents another certificate, or cannot be reached */
    LIFE_PROBE_FAILED,
    LIFE_STEP_ABANDONED, /* it ran for an earlier configuration */
    LIFE_EVENTS
};

/* What is to be done because of an event; a set of bits. */
enum life_action {
    ACTION_INSTALL = 1 << 0,          /* install the fetched bundle */
    ACTION_EXAMINE = 1 << 1,          /* settle the files, and tell what was found */
    ACTION_CONFIRM = 1 << 2,          /* the same; removes the journal of the hook that succeeded */
    ACTION_TRY_AGAIN = 1 << 3,        /* try the lock again soon */
    ACTION_PLAN_NEXT_FETCH = 1 << 4,  /* the fetch succeeded */
    ACTION_PLAN_FETCH_RETRY = 1 << 5, /* the fetch failed */
    ACTION_PLAN_NOTHING = 1 << 6,     /* the deployment is done */
    ACTION_PLAN_RETRY = 1 << 7,       /* the step failed */
    ACTION_PLAN_SETTLING = 1 << 8,    /* the files are not in place */
    ACTION_SAY_FRESH = 1 << 9,
};

struct life_cycle {
    enum fetch_state fetch;
    enum fetch_result result;
    enum deployment deployment;
    bool has_hook;      /* refresh_command is configured */
    bool has_server;    /* served_at is configured */
    bool hook_at_start; /* refresh_on_start: the hook is wanted after the first successful fetch */
    bool hook_wanted;   /* the hook has to run though no journal requests it */
    bool probe_wanted;  /* the server has not been seen with the last fetch's certificate */
    bool is_reported;   /* freshness was reported, and nothing has happened since */
};

/* Applies an event. Returns the actions, a set of enum life_action. An event that cannot happen in
 * this state is a defect of the program: it aborts. */
unsigned life_cycle_next(struct life_cycle *life, enum life_event event);

/* True when the event can happen in this state. */
bool life_cycle_expects(const struct life_cycle *life, enum life_event event);

/* True when the last fetch succeeded and the deployment is done: the files are in place, no journal
 * is left, the hook has succeeded since the last change, and the server presents the certificate.
 */
bool life_cycle_is_fresh(const struct life_cycle *life);
/* True when the last fetch succeeded: its contents are on disk. */
bool life_cycle_has_fetched(const struct life_cycle *life);
/* True when the last fetch or the deployment failed, and the next attempt is planned. */
bool life_cycle_has_failed(const struct life_cycle *life);
/* True while the hook has not succeeded: it is due, running, or failed. */
bool life_cycle_hook_is_pending(const struct life_cycle *life);
/* True while a hook or a probe is due or running. */
bool life_cycle_step_is_active(const struct life_cycle *life);

#endif

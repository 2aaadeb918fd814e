/* One certificate: its configuration, its life cycle, and what is said of it. Things that happen
 * are turned into events of the life cycle (life_cycle.h), whose actions are carried out here:
 * files are installed and examined, outcomes are kept for the schedule, log and status are told.
 * Nothing here waits: a lock that another process holds is tried again by certificate_continue. */
#ifndef WCP_SUPERVISOR_CERTIFICATE_H
#define WCP_SUPERVISOR_CERTIFICATE_H

#include "config/config.h"
#include "status/status.h"
#include "store/install.h"
#include "supervisor/fetched.h"
#include "supervisor/life_cycle.h"
#include "supervisor/schedule.h"
#include "supervisor/served.h"

/* Outcomes that the schedule has not been told of yet. The agent passes them on and clears them. */
struct certificate_outcomes {
    bool fetch_ended;
    enum error_kind fetch_error; /* ERROR_NONE: the fetch succeeded */
    bool fetch_committed;        /* it succeeded, but not all files are in place yet */
    bool deployment_ended;
    enum schedule_deployment deployment;
};

/* Failures in a row, of fetches or of the deployment. */
struct certificate_failures {
    unsigned count;
    char *reason;         /* of the last one: message and advice, printable, owned */
    enum error_kind kind; /* of the last one */
};

struct certificate {
    const struct certificate_config *config;
    struct life_cycle life;
    struct certificate_status status; /* see certificate_fill_status */
    struct certificate_outcomes outcomes;
    struct certificate_failures fetch_failures;
    struct certificate_failures deployment_failures;
    bool resident; /* a replacement that failed for a reason that may pass is tried again */

    struct fetched fetched;            /* while the fetch is FETCH_INSTALLING */
    struct install_stamp before_fetch; /* of the files, when the fetch started */

    /* Generations of journals; "": none. */
    char due[GENERATION_SIZE];     /* of the journal that requests the hook */
    char running[GENERATION_SIZE]; /* that the running hook runs for */
    char done[GENERATION_SIZE];    /* that a hook has succeeded for */
    const char *hook_reason;       /* for the log and WCP_REASON; a constant text */
    struct deadline gather_until;  /* until then a due hook waits for others of its command */
    bool probe_failed;             /* a probe has failed since the last fetch */

    /* A store action that another process's lock has stopped. */
    unsigned held_actions;       /* a set of enum life_action; 0: none */
    struct deadline held_retry;  /* the next attempt */
    struct deadline held_latest; /* the last attempt, after which it has failed */

    /* A replacement that is not complete. */
    bool is_unfinished;            /* the store has left a replacement unfinished */
    struct deadline patient_until; /* an unsettled replacement is taken back after this time */
};

/* All certificates of a configuration. */
struct certificate_list {
    const struct config *config;
    const char *config_path;
    struct certificate entries[LIMIT_CERTIFICATES]; /* by index in config->certificates */
};

/* Initialises a certificate whose files have not been examined. `resident`: the process stays. */
void certificate_init(struct certificate *certificate, const struct certificate_config *config,
                      bool resident);
/* Moves the state to the same certificate of a new configuration. A running fetch is abandoned. */
void certificate_take_over(struct certificate *certificate, struct certificate *earlier);
void certificate_free(struct certificate *certificate);

/* --- fetching --- */

/* The certificate is given to a worker. */
void certificate_given_to_worker(struct certificate *certificate);
/* The worker starts to fetch it. */
void certificate_fetch_started(struct certificate *certificate);
/* The certificate was fetched: installs it. `force`: replaces the files even when they are
 * equal. */
void certificate_fetched(struct certificate *certificate, const struct frame *frame, bool force);
/* The fetch failed. An update that an earlier run left unfinished is finished all the same, and its
 * hook becomes due. */
void certificate_fetch_failed(struct certificate *certificate, const struct error *error);

/* --- the files on disk --- */

/* The time of a planned attempt has come: completes an interrupted update, and makes a failed hook
 * or probe due again. Needs no network. The schedule says when (schedule_deployment_ended). Does
 * nothing while a hook or a probe is due or running. */
void certificate_retry(struct certificate *certificate);

/* Tries again what another process's lock has stopped, when its time has come. Brings `*wake`
 * forward to the next attempt. True while there is one. */
bool certificate_continue(struct certificate *certificate, struct deadline *wake);

/* --- the hook --- */

/* Examines the files before the due hook is run: another process may have run it, or replaced the
 * files again. True: the hook is to be run now. False: it need not run, or the files could not be
 * examined; then `*held` says whether the caller is to ask again soon. */
bool certificate_hook_is_still_due(struct certificate *certificate, bool *held);
/* The due hook has been started, for the generation in `due`. */
void certificate_hook_started(struct certificate *certificate);
/* The due hook could not be started: it is retried. */
void certificate_hook_not_started(struct certificate *certificate, const struct error *error);
/* The running hook, or the probe, failed, or its result is unknown. The schedule plans the next
 * attempt, which certificate_retry makes. */
void certificate_hook_failed(struct certificate *certificate, const struct error *error);
void certificate_probe_failed(struct certificate *certificate, const struct error *error);
/* The probe that was running, perhaps after a hook, ran for an earlier configuration. */
void certificate_step_abandoned(struct certificate *certificate);
/* The hook succeeded and, with served_at, the server presents the certificate. */
void certificate_hook_succeeded(struct certificate *certificate);

/* --- the probe of the server at served_at --- */

/* The probe has ended with `result`. `after_hook`: a hook ran before it. */
void certificate_probed(struct certificate *certificate, const struct served_result *result,
                        bool after_hook);

/* --- the status --- */

/* Completes `status` with what the life cycle says; next_attempt is the caller's. The reason is
 * owned by the certificate. */
void certificate_fill_status(struct certificate *certificate);

#endif

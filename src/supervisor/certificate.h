/* The events of one certificate: its fetch succeeds or fails, its files are installed, its hook
 * succeeds or fails, its server presents it or another certificate. Each function handles one
 * event: it updates the life cycle (life_cycle.h), the files, the log and the status. */
#ifndef WCP_SUPERVISOR_CERTIFICATE_H
#define WCP_SUPERVISOR_CERTIFICATE_H

#include "config/config.h"
#include "status/status.h"
#include "supervisor/life_cycle.h"
#include "supervisor/schedule.h"
#include "supervisor/served.h"

/* Outcomes that the schedule has not been told of yet. The agent passes them on and clears them. */
struct certificate_outcomes {
    bool fetch_ended;
    enum error_kind fetch_error; /* ERROR_NONE: the fetch succeeded */
    bool deployment_ended;
    enum schedule_deployment deployment;
};

struct certificate {
    const struct certificate_config *config;
    struct life_cycle life;
    struct certificate_status
        status; /* without next_attempt and hook_pending: see agent_status.c */
    struct certificate_outcomes outcomes;
    bool
        hook_at_first_fetch; /* edge.refresh_on_start: run the hook once, even if nothing changed */
};

/* All certificates of a configuration. */
struct certificate_list {
    const struct config *config;
    const char *config_path;
    struct certificate entries[LIMIT_CERTIFICATES]; /* by index in config->certificates */
};

/* --- fetching --- */

/* A worker starts to fetch the certificate. */
void certificate_fetch_started(struct certificate *certificate);
/* The certificate was fetched: installs it. `force`: replaces the files even when they are
 * equal. */
void certificate_fetched(struct certificate *certificate, const struct frame *frame, bool force);
/* The fetch failed. An update that an earlier run left unfinished is finished all the same, and its
 * hook becomes due. */
void certificate_fetch_failed(struct certificate *certificate, const struct error *error);

/* --- the files on disk --- */

/* Tries again what an earlier attempt left: completes an interrupted update, and makes a failed
 * hook or probe due again. Needs no network. The schedule says when (schedule_deployment_ended).
 * Does nothing while a hook or a probe is due or running. */
void certificate_settle(struct certificate *certificate);

/* --- the hook --- */

/* Reads the journal to see whether the due hook has still to run: another process may have run it.
 * False: it need not run, or the journal cannot be read; the life cycle is updated. */
bool certificate_hook_is_still_due(struct certificate *certificate);
/* The due hook could not be started: it is retried. */
void certificate_hook_not_started(struct certificate *certificate, const struct error *error);
/* The running hook, or the probe, failed, or its result is unknown. The schedule plans the next
 * attempt, which certificate_settle makes. */
void certificate_step_failed(struct certificate *certificate, const struct error *error);
/* The hook succeeded and, with served_at, the server presents the certificate. */
void certificate_hook_succeeded(struct certificate *certificate);

/* --- the probe of the server at served_at --- */

/* The probe has ended with `result`. `after_hook`: a hook ran before it. */
void certificate_probed(struct certificate *certificate, const struct served_result *result,
                        bool after_hook);

#endif

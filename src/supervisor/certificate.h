/* What happens to one certificate, and what follows: it is fetched or cannot be, its files are
 * installed, its hook succeeds or fails, its server presents it or another one. Each event is a
 * function: it changes the state (life_cycle.h), the files, the log, and what `status` shows. */
#ifndef WCP_SUPERVISOR_CERTIFICATE_H
#define WCP_SUPERVISOR_CERTIFICATE_H

#include "config/config.h"
#include "status/status.h"
#include "supervisor/life_cycle.h"
#include "supervisor/schedule.h"
#include "supervisor/served.h"

/* What the schedule has not heard of yet. */
struct certificate_outcomes {
    bool fetch_ended;
    enum error_kind fetch_error; /* ERROR_NONE: it succeeded */
    bool deployment_ended;
    enum schedule_deployment deployment;
};

struct certificate {
    const struct certificate_config *config;
    struct life_cycle life;
    struct certificate_status status; /* next_attempt and hook_pending are filled in when it is
                                         written */
    struct certificate_outcomes outcomes;
    bool hook_at_first_fetch; /* edge.refresh_on_start: the hook runs once although nothing changed
                               */
};

/* All certificates of a configuration. */
struct certificate_list {
    const struct config *config;
    const char *config_path;
    struct certificate entries[LIMIT_CERTIFICATES]; /* by the index in config->certificates */
};

/* --- fetching --- */

/* A worker begins with it. */
void certificate_fetch_started(struct certificate *certificate);
/* It came, and is installed. `force`: its files are replaced even when they are equal. */
void certificate_fetched(struct certificate *certificate, const struct frame *frame, bool force);
/* It could not be had, for the reason in `error`. What an interrupted run left is finished all the
 * same, and its hook becomes due. */
void certificate_fetch_failed(struct certificate *certificate, const struct error *error);

/* --- what is on disk --- */

/* Finishes what an earlier attempt left, without network. Nothing happens while a hook or a look is
 * due or under way. */
void certificate_settle(struct certificate *certificate);

/* --- the hook --- */

/* Asks the journal whether the due hook is still to run: another process may have run it. False: it
 * is not, or that cannot be told; the state says so. */
bool certificate_hook_is_still_due(struct certificate *certificate);
/* The hook failed, or it could not be known whether it succeeded: it is tried again. */
void certificate_hook_failed(struct certificate *certificate, const struct error *error);
/* The hook succeeded and, with served_at, the server presents the certificate. */
void certificate_hook_succeeded(struct certificate *certificate);

/* --- the look at the server, after a hook or without one --- */

/* The server presents what `result` says. */
void certificate_probed(struct certificate *certificate, const struct served_result *result,
                        bool after_hook);

#endif

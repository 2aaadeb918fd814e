/* Refreshes certificates: fetches what is due, installs it, has hooks take it up. `once` runs it to
 * its end; the resident agent makes it a part of its own event loop. */
#ifndef WCP_SUPERVISOR_REFRESHER_H
#define WCP_SUPERVISOR_REFRESHER_H

#include "supervisor/fetch_queue.h"
#include "supervisor/hook_queue.h"

struct refresher {
    struct certificate_list list;
    struct fetch_queue fetches;
    struct hook_queue hooks;
};

/* Nothing is due yet. `config` and `config_path` are borrowed; the refresher must stay where it is.
 * `resident`: the process stays, so that nobody waits for its end. */
void refresher_init(struct refresher *refresher, const struct config *config,
                    const char *config_path, bool resident);
/* Ends the workers; a hook that runs is left to finish. */
void refresher_free(struct refresher *refresher);

enum { REFRESHER_EVENTS = LIMIT_WORKERS + 1 };

/* Starts what is due, fills in the events to wait for, and brings `*wake` forward. True while
 * something is due or under way: wait for an event, for `*wake`, or for the end of a child
 * (SIGCHLD), then call refresher_handle_events. */
bool refresher_prepare(struct refresher *refresher, struct pollfd events[REFRESHER_EVENTS],
                       struct deadline *wake);
void refresher_handle_events(struct refresher *refresher,
                             const struct pollfd events[REFRESHER_EVENTS]);

/* Goes on until nothing is due or under way. True when no certificate failed. */
bool refresher_run(struct refresher *refresher);

/* Takes over from a refresher of an earlier configuration what is known of each certificate, and
 * the hook that runs. `index_before[i]` is the earlier index of certificate i; SIZE_MAX: it is new.
 * What was being fetched is not. Frees what `earlier` holds. */
void refresher_take_over(struct refresher *refresher, struct refresher *earlier,
                         const size_t *index_before);

#endif

/* Refreshes certificates: fetches those that are due, installs them, and runs hooks and probes.
 * `wcp-tiny once` runs it to its end; the resident agent runs it in its own event loop. */
#ifndef WCP_SUPERVISOR_REFRESHER_H
#define WCP_SUPERVISOR_REFRESHER_H

#include "supervisor/fetch_queue.h"
#include "supervisor/hook_queue.h"

struct refresher {
    struct certificate_list list;
    struct fetch_queue fetches;
    struct hook_queue hooks;
};

/* Initialises a refresher in which nothing is due. `config` and `config_path` are borrowed. The
 * refresher must not be moved afterwards. `resident`: the process stays, so nobody waits for its
 * end. */
void refresher_init(struct refresher *refresher, const struct config *config,
                    const char *config_path, bool resident);
/* Kills the workers. A running hook is left to finish. */
void refresher_free(struct refresher *refresher);

enum { REFRESHER_EVENTS = LIMIT_WORKERS + 1 };

/* Starts whatever is due, fills in the events to wait for, and brings `*wake` forward. True while
 * something is due or running: wait for an event, for `*wake`, or for the end of a child (SIGCHLD),
 * then call refresher_handle_events. */
bool refresher_start_due(struct refresher *refresher, struct pollfd events[REFRESHER_EVENTS],
                         struct deadline *wake);
void refresher_handle_events(struct refresher *refresher,
                             const struct pollfd events[REFRESHER_EVENTS]);

/* Runs until nothing is due or running, and at most until `latest`. True: nothing is left to do,
 * and no certificate failed. */
bool refresher_run(struct refresher *refresher, struct deadline latest);

/* Takes over the state of each certificate, and the running hook, from the refresher of an earlier
 * configuration. `index_before[i]` is the earlier index of certificate i; SIZE_MAX: it is new.
 * Running fetches are abandoned. Frees the contents of `earlier`. */
void refresher_take_over(struct refresher *refresher, struct refresher *earlier,
                         const size_t *index_before);

#endif

/* The agent's state, for agent.c (the event loop), agent_reconfigure.c (which configuration is in
 * force) and agent_status.c (what `status` shows), and for nobody else. */
#ifndef WCP_SUPERVISOR_AGENT_INTERNAL_H
#define WCP_SUPERVISOR_AGENT_INTERNAL_H

#include "supervisor/refresher.h"
#include "supervisor/schedule.h"
#include "supervisor/watch_files.h"

/* The files that are watched. */
enum { WATCH_CONFIG, WATCH_CREDENTIALS, WATCH_AWS_CONFIG };

struct agent {
    const char *config_path;
    struct config *config;           /* in force; without certificates until there is a good one */
    struct refresher *refresher;     /* over it */
    struct schedule schedule;        /* of its certificates */
    struct watch watch;              /* of configuration and credentials */
    char *credentials_paths[2];      /* of the watched files, owned */
    char *rejected;                  /* why a newer configuration is not in force, owned; or NULL */
    struct error waiting;            /* what all fetching waits for; ERROR_NONE: nothing */
    struct deadline ready_check;     /* when the machine is looked at again for that */
    struct deadline reload;          /* when the configuration is read again; INT64_MAX: never */
    struct deadline reload_latest;   /* no later than that, however often it changes */
    struct deadline status_earliest; /* no status is written before, while much happens */
    bool status_is_written;          /* the last attempt to write it succeeded */
    int64_t early_retry_at; /* when a change of network or clock last hurried what had failed, or
                           will next */
    int64_t clock_offset;   /* seconds that the machine's clock was ahead of CLOCK_BOOTTIME when it
                               was last set */
    int64_t started;        /* seconds since 1970 */
    int run_directory;      /* descriptors; -1: none */
    int lock;
    int signals;
    int timer;
    int clock;
    int network;   /* open while something failed that may pass */
    bool at_start; /* the first configuration is being put in force */
    bool stop;
};

/* --- agent_reconfigure.c --- */

/* Puts a configuration in force in place of the one before; it is owned from then on. False: there
 * is no memory, and nothing has changed. */
bool agent_apply_config(struct agent *agent, struct config *config);
/* Reads the file, and puts it in force when it is good and new. */
void agent_reload(struct agent *agent);
/* Says in log, status and beside the file why it is not in force. */
void agent_reject_config(struct agent *agent, const struct problems *problems);
/* Watches the files that the configuration in force names. */
void agent_watch_files(struct agent *agent);

/* --- agent_status.c --- */

/* Writes the status file; `busy`: at most once a second. */
void agent_write_status(struct agent *agent, bool busy);

#endif

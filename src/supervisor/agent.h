/* The resident agent: keeps every certificate fresh until it is told to stop. */
#ifndef WCP_SUPERVISOR_AGENT_H
#define WCP_SUPERVISOR_AGENT_H

#include "supervisor/cycle.h"
#include "supervisor/schedule.h"
#include "supervisor/watch_files.h"

/* Files that are watched. */
enum { WATCH_CONFIG, WATCH_CREDENTIALS, WATCH_AWS_CONFIG };

struct agent {
    const char *config_path;
    struct config *config;          /* in force; without certificates until there is a good one */
    struct cycle *cycle;            /* over it */
    struct cycle_listener listener; /* of the cycle */
    struct schedule schedule;       /* its certificates' */
    struct watch watch;             /* of configuration and credentials */
    char *credentials_paths[2];     /* what is watched of them, owned */
    char *rejected;                 /* why a newer configuration is not in force, owned; or NULL */
    struct error waiting;           /* what all fetching waits for; ERROR_NONE: nothing */
    struct deadline look_again;     /* for that */
    struct deadline reload;         /* the configuration is looked at then; INT64_MAX: it is not */
    struct deadline reload_latest;  /* at the latest */
    struct deadline status_again;   /* not before, while much happens */
    bool status_is_written;         /* the last time */
    int64_t hurried_at;   /* when what failed was, or is, tried again for the world's sake */
    int64_t clock_offset; /* seconds; of the clock when it was last set */
    int64_t started;      /* seconds since 1970 */
    int runtime;          /* descriptors; -1: none */
    int lock;
    int signals;
    int timer;
    int clock;
    int network;   /* open while something failed that may pass */
    bool at_start; /* the first configuration is put in force */
    bool stop;
};

/* Runs until SIGTERM or SIGINT. `config` is what was loaded from `config_path`, emptied on return;
 * NULL when that is not good, as `problems` says: then the agent waits for a good one.
 * False: another agent runs for this file (ERROR_DENIED), or the machine gives no timers
 * (ERROR_INTERNAL). */
bool agent_run(const char *config_path, struct config *config, const struct problems *problems,
               struct error *error);

/* --- for the files of this module --- */

/* Puts a configuration in force, which is owned from then on, in the place of the one before. */
bool agent_put_in_force(struct agent *resident, struct config *config);
/* Loads the file and puts it in force when it is good and new. */
void agent_reload(struct agent *resident);
/* Says in log, status and beside the file why it is not in force. */
void agent_reject(struct agent *resident, const struct problems *problems);
void agent_watch(struct agent *resident);

#endif

/* The agent's state. Private to agent.c (the event loop), agent_reconfigure.c (loading and applying
 * a configuration) and agent_status.c (run-time directory and status
 * file). */
#ifndef WCP_SUPERVISOR_AGENT_INTERNAL_H
#define WCP_SUPERVISOR_AGENT_INTERNAL_H

#include "supervisor/machine_ready.h"
#include "supervisor/refresher.h"
#include "supervisor/run_directory.h"
#include "supervisor/schedule.h"
#include "supervisor/watch_files.h"

struct agent {
    const char *config_path;
    struct config *config;          /* in force; without certificates until one was applied */
    struct refresher *refresher;    /* of the configuration in force */
    struct schedule schedule;       /* of its certificates */
    struct watch watch;             /* of the configuration and credentials files */
    char *rejected;                 /* why the file was rejected, owned; NULL: it was not */
    struct error waiting;           /* why nothing can be fetched; ERROR_NONE: it can */
    enum machine_state machine;     /* as last checked */
    struct deadline ready_check;    /* the machine is checked again then */
    struct deadline ready_reminder; /* the reason to wait is logged again then */
    struct deadline reload;         /* the next read of the configuration; INT64_MAX: none */
    struct deadline reload_latest;  /* the latest time for it, however often the file changes */
    struct deadline
        status_earliest; /* limits the rate of status writes while busy, and after a failure */
    struct deadline status_due;        /* a write that the limit has put off; INT64_MAX: none */
    bool status_is_written;            /* the last write of the status file succeeded */
    char status_hash[SHA256_HEX_SIZE]; /* of what it says; see status_write */
    int64_t early_retry_at;            /* of failures, last or planned; as schedule times */
    int64_t clock_offset_ms;           /* wall clock less CLOCK_BOOTTIME, when it was last set */
    int64_t started;                   /* seconds since 1970 */
    struct run_directory run;          /* of the configuration file */
    struct deadline run_check;         /* looks whether it is still current; INT64_MAX: never */
    struct error *failure;             /* why the agent has to stop; the caller's */
    int signals;                       /* a descriptor, as those below; -1: none */
    int timer;
    int clock;
    int network;    /* open only while there are failures to retry */
    bool at_start;  /* until the first configuration has been applied */
    bool displaced; /* another agent has come with this configuration file; `failure` says so */
    bool stop;
};

/* --- agent_reconfigure.c --- */

/* Applies a configuration in place of the one in force, and takes ownership of it. False: out of
 * memory, and nothing has changed. */
bool agent_apply_config(struct agent *agent, struct config *config);
/* Reads the file. Applies the configuration when it is valid and differs from the one in force. */
void agent_reload(struct agent *agent);
/* Reports `problems` in the log, in the status, and in a file beside the configuration. */
void agent_reject_config(struct agent *agent, const struct problems *problems);
/* Watches the configuration file, and the credentials files of the configuration in force. */
void agent_watch_files(struct agent *agent);

/* --- agent_status.c --- */

/* Reads the events of the run-time directory, and plans to look at it. */
void agent_run_directory_changed(struct agent *agent);
/* Enters the run-time directory again when it is not current any more. Stops when another agent is
 * there. */
void agent_keep_run_directory(struct agent *agent);

/* Writes the status file when its contents have changed; while `busy`, at most once a second:
 * `status_due` then says when. */
void agent_write_status(struct agent *agent, bool busy);

#endif

/* Certificates on their way: fetched by workers, installed, and taken up by refresh commands. Does
 * not wait by itself: whoever owns the event loop polls, and tells when there is something. */
#ifndef WCP_SUPERVISOR_CYCLE_H
#define WCP_SUPERVISOR_CYCLE_H

#include "store/journal.h"
#include "supervisor/batch.h"
#include "supervisor/hook.h"
#include "supervisor/served.h"

#include <poll.h>

/* What the last fetch did with a certificate. */
enum certificate_state {
    CERTIFICATE_SKIPPED,
    CERTIFICATE_UPDATED,
    CERTIFICATE_UNCHANGED,
    CERTIFICATE_FAILED
};

/* Where a certificate is on its way. What the world may know of it is in its status. */
struct certificate_progress {
    enum certificate_state state;
    bool asked;                /* to be fetched, in no batch yet */
    bool fetching;             /* in a batch */
    bool fetched;              /* the last fetch succeeded */
    bool unsettled;            /* its files are not in place yet */
    bool first;                /* its command runs once even when nothing changed */
    bool look;                 /* what its server presents is to be looked at */
    bool pending;              /* the refresh command is to run */
    bool unconditional;        /* even though no journal says so */
    const char *why;           /* it is to run */
    struct deadline gathering; /* until then it waits for others with the same command */
    char generation[GENERATION_SIZE];
    char running[GENERATION_SIZE]; /* the one that the command runs for */
};

/* Who hears of the end of each way. */
struct cycle_listener {
    void *context;
    /* The certificate was fetched and installed (ERROR_NONE), or why not. */
    void (*fetched)(void *context, size_t certificate, enum error_kind outcome);
    /* What is on disk is in place and taken up (ERROR_NONE), its command failed (ERROR_TRANSIENT),
     * or it is not in place (ERROR_PERMANENT). */
    void (*settled)(void *context, size_t certificate, enum error_kind outcome);
};

/* The one refresh command that runs at a time, and the look at what the servers made of it. */
enum job_state { JOB_NONE, JOB_COMMAND, JOB_LOOK };
struct command_job {
    enum job_state state;
    int lock;                 /* -1: none */
    struct deadline patience; /* for the lock */
    int64_t try_again_at;     /* for the lock; 0: nobody else has it */
    struct hook refresh;
    int64_t started_ms;                /* the command */
    struct served *served;             /* while looking; owned */
    bool after_command;                /* the look is the end of a command */
    size_t places[LIMIT_CERTIFICATES]; /* of the certificates it is for */
    size_t count;
    pid_t abandoned; /* a command that could not be ended; 0: none */
};

struct cycle {
    const struct config *config;
    const char *config_path;
    bool force; /* replace files and run commands even when nothing changed */
    struct cycle_listener listener;
    struct certificate_progress progress[LIMIT_CERTIFICATES]; /* as config->certificates */
    struct certificate_status statuses[LIMIT_CERTIFICATES];
    struct batch *slots[LIMIT_WORKERS]; /* NULL: free */
    struct batch_listener batch_listener;
    struct worker_user user;
    struct command_job job;
};

/* Nothing is under way yet. `listener` may be NULL. */
void cycle_init(struct cycle *cycle, const struct config *config, const char *config_path,
                const struct cycle_listener *listener);
/* Ends the workers; a running command is left to itself. */
void cycle_free(struct cycle *cycle);

/* Asks for a certificate to be fetched. */
void cycle_ask(struct cycle *cycle, size_t certificate);
/* Finishes what an interrupted run left, without network, and has its command run. */
void cycle_settle(struct cycle *cycle, size_t certificate);
/* A certificate for which AWS cannot be asked, as `error` says: it fails, but what an interrupted
 * run left is finished. */
void cycle_refuse(struct cycle *cycle, size_t certificate, const struct error *error);

enum { CYCLE_DESCRIPTORS = LIMIT_WORKERS + 1 };

/* Starts what can be started. True while something is under way: then wait for one of `events`,
 * until `*wake`, and for the end of a child (SIGCHLD); then call cycle_go_on. */
bool cycle_prepare(struct cycle *cycle, struct pollfd events[CYCLE_DESCRIPTORS],
                   struct deadline *wake);
void cycle_go_on(struct cycle *cycle, const struct pollfd events[CYCLE_DESCRIPTORS]);

/* Goes on to the end of everything, waiting by itself. True when no certificate failed. */
bool cycle_run(struct cycle *cycle);

/* Takes over from a cycle with an earlier configuration: the status and a pending command of each
 * certificate, `numbers[i]` being the earlier number of certificate i (SIZE_MAX: it is new); and
 * the command that runs. Frees `earlier`. */
void cycle_take_over(struct cycle *cycle, struct cycle *earlier, const size_t *numbers);

/* --- for the files of this module --- */

static inline const struct certificate_config *cycle_certificate(const struct cycle *cycle,
                                                                 size_t certificate)
{
    return &cycle->config->certificates[certificate];
}

/* Has the batches report to this cycle. */
void cycle_listen(struct cycle *cycle);
/* Marks a certificate as failed, and logs it. */
void cycle_fail(struct cycle *cycle, size_t certificate, const struct error *error);
/* It is as AWS has it, and taken up. */
void cycle_succeed(struct cycle *cycle, size_t certificate);
void cycle_tell_settled(struct cycle *cycle, size_t certificate, enum error_kind outcome);
/* The refresh commands: as cycle_prepare and cycle_go_on; one descriptor. */
bool commands_prepare(struct cycle *cycle, struct pollfd *event, struct deadline *wake);
void commands_go_on(struct cycle *cycle, const struct pollfd *event);
void commands_free(struct cycle *cycle);
/* True while a command runs for the certificate, or its server is looked at. */
bool commands_concern(const struct cycle *cycle, size_t certificate);
/* The command of a certificate is to run, whatever the journal says. */
void commands_ask(struct cycle *cycle, size_t certificate, const char *why);
/* The certificate is taken up, as far as can be told. */
void commands_succeed(struct cycle *cycle, size_t certificate);
void commands_fail(struct cycle *cycle, size_t place, const struct error *error);
/* Nothing is under way any more. */
void commands_let_go(struct cycle *cycle);

/* Starts to look at what the servers of the job's certificates present: of those with served_at,
 * which stay in the job; the others succeed. */
void looks_start(struct cycle *cycle, struct served_patience patience);
/* The next certificates to be looked at that no command waits for; false when there is none. */
bool looks_begin(struct cycle *cycle);
void looks_go_on(struct cycle *cycle, bool readable);
/* Ends the worker. */
void looks_stop(struct cycle *cycle);

#endif

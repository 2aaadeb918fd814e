/* The status file: the state of the resident agent and its certificates, for other programs. */
#ifndef WCP_STATUS_STATUS_H
#define WCP_STATUS_STATUS_H

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "config/config.h"
#include "crypto/hash.h"
#include "worker/served_state.h"

#include <sys/types.h>

enum certificate_health {
    HEALTH_WAITING, /* not fetched yet */
    HEALTH_FRESH,
    HEALTH_FAILING,
};

/* One certificate. Times are seconds since 1970; 0: never, or unknown. All numbers have the same
 * type, so that a table of offsets can describe them (status_internal.h). */
struct certificate_status {
    char *reason;      /* of its failure: message and advice, printable, owned; NULL: none */
    int64_t health;    /* enum certificate_health */
    int64_t failures;  /* in a row */
    int64_t not_after; /* of the installed certificate */
    int64_t last_attempt;
    int64_t last_success;
    int64_t next_attempt;
    int64_t hook_pending; /* 1: the refresh command has still to run */
    int64_t served;       /* enum served_state */
    int64_t served_not_after;
};

/* The input of status_write. Texts are printable. */
struct agent_status {
    const struct config *config;
    const char *config_path;
    pid_t pid;
    int64_t started;
    int64_t written;           /* the time of writing */
    const char *waiting;       /* why nothing can be fetched (the clock is not set); NULL: it can */
    const char *rejected;      /* why the configuration file was rejected; NULL: it was not */
    const char *credentials;   /* the source of those used last; NULL: none were used yet */
    int64_t credentials_until; /* when those end; 0: they do not, or it is unknown */
    const struct certificate_status *certificates; /* by index in config->certificates */
};

/* Replaces the status file: edge.status_file, else status.json in the directory `runtime_directory`
 * (-1: none, and nothing is written). `last` is the hash of what was written there last, "" at
 * first, and is updated: the file is not touched while it exists and would differ only in the time
 * of writing. It is not synced, as it is of no use after a reboot. False: ERROR_TRANSIENT. */
bool status_write(const struct agent_status *status, int runtime_directory,
                  char last[SHA256_HEX_SIZE], struct error *error);

/* --- reading --- */

#define STATUS_FILE_NAME "status.json" /* in the run-time directory */
enum { STATUS_FORMAT = 1 };            /* later versions may add members, but not change any */

/* The contents of the status file. Texts are printable; NULL: absent. Times are seconds since 1970;
 * 0: never, or unknown. */
struct status_agent {
    int64_t format; /* STATUS_FORMAT */
    int64_t pid;
    const char *version;
    int64_t started;
    int64_t written;
    const char *config_path;
    const char *waiting;
    const char *rejected;
    const char *credentials;
    int64_t credentials_until;
    int64_t running; /* not in the file; 1: the agent is running */
};

struct status_certificate {
    const char *arn;
    const char *certificate_path;
    struct certificate_status status; /* its reason is borrowed */
    int64_t healthy; /* not in the file; 0: it fails, or expires before its next two refreshes */
};

struct status_report {
    struct status_agent agent;
    struct status_certificate certificates[LIMIT_CERTIFICATES];
    size_t count;
    struct json *document; /* owns the texts of a report that was read from a file; else NULL */
};

/* Reads a status file. Its contents are not trusted. False: it does not exist, cannot be read, or
 * is not a status file. The caller frees `report` in every case. */
bool status_read(const char *path, struct status_report *report, struct error *error);
void status_free(struct status_report *report);

/* Appends the report in the format of the status file, with the members that the file lacks:
 * running, healthy, and days_left at the time `now`. */
void status_append_json(struct buf *out, const struct status_report *report, int64_t now);
/* Appends the report in Prometheus's text format, version 0.0.4. */
void status_append_metrics(struct buf *out, const struct status_report *report);

/* Days from `now` until `not_after`, rounded down. */
int64_t status_days_left(int64_t not_after, int64_t now);

/* The names of the values of enum certificate_health and, from index STATUS_SERVED, of enum
 * served_state. */
enum { STATUS_NAME_SIZE = 12, STATUS_SERVED = 3, STATUS_NAMES = 7 };
extern const char status_names[STATUS_NAMES][STATUS_NAME_SIZE];

#endif

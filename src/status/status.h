/* What the resident agent knows, for whoever asks: a file in the run-time directory. */
#ifndef WCP_STATUS_STATUS_H
#define WCP_STATUS_STATUS_H

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "config/config.h"
#include "worker/served_state.h"

#include <sys/types.h>

enum certificate_health {
    HEALTH_WAITING, /* not tried yet */
    HEALTH_FRESH,
    HEALTH_FAILING,
};

/* One certificate. Times are seconds since 1970; 0: never, or not known. Every number has one type,
 * so that tables can name them. */
struct certificate_status {
    char *reason;      /* why it fails: message and advice, printable, owned; NULL otherwise */
    int64_t health;    /* enum certificate_health */
    int64_t failures;  /* in a row */
    int64_t not_after; /* of the certificate that is installed */
    int64_t last_attempt;
    int64_t last_success;
    int64_t next_attempt;
    int64_t hook_pending; /* 1: the refresh command is still to run */
    int64_t served;       /* enum served_state */
    int64_t served_not_after;
};

/* The agent. Texts are printable, NULL when there is nothing to say. */
struct agent_status {
    const struct config *config;
    const char *config_path;
    pid_t pid;
    int64_t started;
    const char *waiting;  /* what everything waits for, such as a clock that is not set */
    const char *rejected; /* a newer configuration is not in force: why */
    const struct certificate_status *certificates; /* in the order of config->certificates */
};

/* Replaces the status file: edge.status_file, else status.json in `runtime_directory` (-1: there is
 * none). Nothing is synced: it is of use until the next boot. False: ERROR_TRANSIENT. */
bool status_write(const struct agent_status *status, int runtime_directory, struct error *error);

/* --- for those who ask --- */

#define STATUS_FILE_NAME "status.json" /* in the run-time directory */
enum { STATUS_FORMAT = 1 };            /* members may be added to it, none changes */

/* The status file's contents. Texts are printable, NULL when absent; times are seconds since 1970,
 * 0: never, or not known. */
struct status_agent {
    int64_t format; /* STATUS_FORMAT */
    int64_t pid;
    const char *version;
    int64_t started;
    int64_t written;
    const char *config_path;
    const char *waiting;
    const char *rejected;
    int64_t running; /* not in the file: 1 while the agent lives */
};

struct status_certificate {
    const char *arn;
    const char *certificate_path;
    struct certificate_status status; /* its reason is not owned */
    int64_t healthy; /* not in the file: 1 unless it fails, or expires before its next tries */
};

struct status_report {
    struct status_agent agent;
    struct status_certificate certificates[LIMIT_CERTIFICATES];
    size_t count;
    struct json *document; /* owns the texts, when the report was read from a file */
};

/* Reads a status file; its bytes are not trusted. False: there is none, it may not be read, or it
 * is no status file. Free in either case. */
bool status_read(const char *path, struct status_report *report, struct error *error);
void status_free(struct status_report *report);

/* Appends the report as the status file has it, with what is not in the file and days_left at
 * `now`. */
void status_append_json(struct buf *out, const struct status_report *report, int64_t now);
/* Appends the report in Prometheus's text format, version 0.0.4. */
void status_append_metrics(struct buf *out, const struct status_report *report);

/* Days from `now` until `not_after`, rounded down. */
int64_t status_days_left(int64_t not_after, int64_t now);

/* How files and tables name an enum certificate_health, and from STATUS_SERVED on an enum
 * served_state. */
enum { STATUS_NAME_SIZE = 12, STATUS_SERVED = 3, STATUS_NAMES = 7 };
extern const char status_names[STATUS_NAMES][STATUS_NAME_SIZE];

#endif

/* What the resident agent knows, for whoever asks: a file in the run-time directory. */
#ifndef WCP_AGENT_STATUS_H
#define WCP_AGENT_STATUS_H

#include "base/error.h"
#include "config/config.h"

#include <sys/types.h>

enum certificate_health {
    HEALTH_WAITING, /* not tried yet */
    HEALTH_FRESH,
    HEALTH_FAILING,
};

/* What the server at served_at presents, as last seen. */
enum served_state { SERVED_UNKNOWN, SERVED_SAME, SERVED_OTHER, SERVED_UNREACHABLE };

/* One certificate. Times are seconds since 1970; 0: never, or not known. */
struct certificate_status {
    enum certificate_health health;
    char *reason;      /* why it fails: message and advice, printable, owned; NULL otherwise */
    uint32_t failures; /* in a row */
    int64_t not_after; /* of the certificate that is installed */
    int64_t last_attempt;
    int64_t last_success;
    int64_t next_attempt;
    bool command_pending; /* the refresh command is still to run */
    enum served_state served;
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
 * none). Nothing is synced: it is of use until the next boot. False: ERROR_TRANSIENT or
 * ERROR_DENIED. */
bool status_write(const struct agent_status *status, int runtime_directory, struct error *error);

#endif

/* The configuration: upstream's schema, and ours under [edge]; from a file to structs, every error
 * with its place. */
#ifndef WCP_CONFIG_CONFIG_H
#define WCP_CONFIG_CONFIG_H

#include "base/error.h"
#include "base/log.h"
#include "config/problems.h"
#include "config/rules.h"

/* How a file is to stand on disk. */
struct permission {
    bool given;    /* the configuration has such a table */
    uint16_t mode; /* at most 0777 */
    char *owner;   /* name or number; NULL: not configured */
    char *group;
};

/* One [[capabilities.acm.certificates]]. Texts are terminated; optional ones NULL when absent. */
struct certificate_config {
    char *arn;
    char *role_arn;
    char *certificate_path; /* these four absolute, without ".", ".." and repeated slashes */
    char *private_key_path;
    char *chain_path;
    char *combined_path;
    char *refresh_command; /* trimmed */
    char *served_at;       /* host:port */
    struct permission
        certificate_permission; /* these three with the defaults applied: `given` always */
    struct permission key_permission;
    struct permission combined_permission;
    uint32_t line; /* where the table begins */
};

struct config {
    enum log_level log_level;
    bool acm_enabled;
    struct certificate_config *certificates;
    size_t certificate_count; /* at most LIMIT_CERTIFICATES */

    /* [edge]; texts NULL when absent, numbers and booleans with their defaults */
    char *region;
    char *credentials_file;
    char *ca_bundle;
    char *https_proxy;
    char *worker_user;
    char *log_directory;
    char *status_file;
    enum log_destination log_destination;
    uint32_t refresh_interval_hours;
    uint32_t startup_jitter_seconds;
    uint32_t log_max_bytes;
    uint32_t log_archives;
    bool refresh_on_start;
    bool watch_config;
};

#define CONFIG_DEFAULT_PATH "/etc/aws-workload-credentials-provider/config.toml"

/* Reads, parses and checks the file at `path`. Refused: a file (or its directory) that others than
 * root and the effective user may write. False: `problems` says all that is wrong, in the order of
 * the file, and `config` is empty; `error` has the kind: ERROR_DENIED when the file may not be
 * read, else ERROR_CONFIGURATION. What is wrong in the world and not in the text (an absent
 * directory) is no matter here. */
bool config_load(const char *path, struct config *config, struct problems *problems,
                 struct error *error);
/* The same for a text in memory. */
bool config_parse(struct str text, struct config *config, struct problems *problems);
void config_free(struct config *config);
/* Frees the certificates only: none is configured afterwards. */
void config_drop_certificates(struct config *config);

/* True when both say the same of a certificate, the line aside. */
bool config_same_certificate(const struct certificate_config *a,
                             const struct certificate_config *b);
/* True when both say the same of everything, lines aside. */
bool config_same(const struct config *a, const struct config *b);

/* Refuses a file that is not regular, or that others than root and the effective user may change:
 * it, its directory, or what a link leads to. `what` names it in the message. */
bool config_file_is_protected(const char *path, const char *what, struct error *error);

#endif

/* The configuration file: the schema of AWS's own agent (aws-workload-credentials-provider), and
 * the table [edge] that only this program has. It is read into structs; each error has its line. */
#ifndef WCP_CONFIG_CONFIG_H
#define WCP_CONFIG_CONFIG_H

#include "base/error.h"
#include "base/log.h"
#include "config/problems.h"
#include "config/rules.h"

/* The mode, owner and group of an installed file. */
struct permission {
    bool given;        /* the configuration has this table */
    uint16_t mode;     /* at most 0777 */
    bool default_mode; /* no mode is configured */
    char *owner;       /* name or number; NULL when not configured */
    char *group;       /* the same */
};

/* Arguments of AssumeRole. */
struct role_settings {
    char *external_id;         /* NULL when not configured */
    char *session_name;        /* the same */
    uint32_t duration_seconds; /* 900 to 43200; 0 when not configured */
};

/* The table [edge.roles_anywhere]. All texts are NULL when it is absent. */
struct roles_anywhere_config {
    char *trust_anchor_arn;
    char *profile_arn;
    char *role_arn;
    char *certificate; /* paths of PEM files */
    char *private_key;
    char *private_key_passphrase_file; /* optional */
};

/* The places where credentials are looked for, as bits of credential_places, in the order of the
 * search. */
enum credential_place {
    PLACE_ENVIRONMENT,
    PLACE_PROFILE,
    PLACE_WEB_IDENTITY,
    PLACE_CONTAINER,
    PLACE_IMDS,
};

/* One table [[capabilities.acm.certificates]]. Texts are terminated. Paths are absolute and have no
 * ".", ".." or repeated slashes. Optional members are NULL when absent. */
struct certificate_config {
    char *arn;
    char *role_arn;
    char *certificate_path;
    char *private_key_path;
    char *chain_path;      /* optional */
    char *combined_path;   /* optional */
    char *refresh_command; /* optional; without white space at its ends */
    char *served_at;       /* optional; host:port */

    struct role_settings role_session; /* what is not given here, is [edge]'s */

    /* The defaults are applied to these, and `given` is true. */
    struct permission certificate_permission;
    struct permission key_permission;
    struct permission combined_permission;

    uint32_t line; /* of the table's header */
};

struct config {
    enum log_level log_level;
    bool acm_enabled;
    struct certificate_config *certificates;
    size_t certificate_count; /* at most LIMIT_CERTIFICATES */

    /* The table [edge]. Texts are NULL when absent; numbers and booleans have their defaults. */
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
    uint32_t credential_places; /* bits of enum credential_place; 0: all */
    struct role_settings role_session;
    struct roles_anywhere_config roles_anywhere;
    bool imds_v1; /* instance metadata may be asked without a token, too */
    bool refresh_on_start;
    bool watch_config;
};

/* Returns true when credentials may be looked for there. */
static inline bool config_allows_place(const struct config *config, enum credential_place place)
{
    return config->credential_places == 0 || (config->credential_places >> place & 1) != 0;
}

#define CONFIG_DEFAULT_PATH "/etc/aws-workload-credentials-provider/config.toml"

/* Reads, parses and checks the file at `path`. The caller frees `config` with config_free, and
 * `problems` with problems_free. A file that anybody but root and the effective user could change
 * is an error (base/who_may_write.h). The checks concern the text only: a configured directory need
 * not exist. Returns false with an empty `config` and every problem, in the order of the file, in
 * `problems`. `error` then is of kind ERROR_DENIED when this user may not read the file,
 * ERROR_TRANSIENT or ERROR_INTERNAL when reading fails, and ERROR_CONFIGURATION otherwise. */
bool config_load(const char *path, struct config *config, struct problems *problems,
                 struct error *error);
/* Parses and checks a text in memory; otherwise as config_load. */
bool config_parse(struct str text, struct config *config, struct problems *problems);
/* Frees all that the configuration owns, and empties it. */
void config_free(struct config *config);
/* Frees the certificates and sets their number to 0. Everything else stays. */
void config_drop_certificates(struct config *config);

/* Returns true when both are equal. Lines do not matter. */
bool config_same_certificate(const struct certificate_config *a,
                             const struct certificate_config *b);
/* Returns true when both certificates are exported in the same session: their role is the same, and
 * what is said about its session. */
bool config_same_session(const struct certificate_config *a, const struct certificate_config *b);
bool config_same(const struct config *a, const struct config *b);

#endif

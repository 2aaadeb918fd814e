/* Private to the files that describe the tables of the configuration: config.c,
 * config_certificates.c, config_edge.c and config_secrets_manager.c. */
#ifndef WCP_CONFIG_CONFIG_INTERNAL_H
#define WCP_CONFIG_CONFIG_INTERNAL_H

#include "config/config.h"
#include "config/schema.h"

/* The contents of the whole document: the configuration, and values that it is computed from. */
struct settings {
    struct config config;
    struct permission default_certificate_permission;
    struct permission default_key_permission;
    bool log_to_file;
    bool log_destination_given;
};

/* The sections of the schema. These fill a struct settings: logging, edge, capabilities, acm. The
 * section certificate fills a struct certificate_config, permission a struct permission. All others
 * configure AWS's own agent: they are checked and not stored. The legacy form has prefetch at the
 * root. */
extern const struct section logging_section, edge_section, capabilities_section, acm_section,
    certificate_section, permission_section, roles_anywhere_section, secrets_manager_section,
    cache_section, security_section, prefetch_section, filter_tag_section, secret_section;

/* What AWS accepts for DurationSeconds of a session. */
extern const struct range range_session_seconds;
/* Ranges of numbers that several tables have. */
extern const struct range range_port, range_cache_seconds, range_thousand, range_roles,
    range_jitter_seconds;

#endif

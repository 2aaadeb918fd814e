/* Between the files that describe the tables of the configuration: config.c, config_certificates.c,
 * config_edge.c, config_secrets_manager.c. */
#ifndef WCP_CONFIG_CONFIG_INTERNAL_H
#define WCP_CONFIG_CONFIG_INTERNAL_H

#include "config/config.h"
#include "config/schema.h"

/* What the whole document is read into: the configuration, and what it still has to be worked out
 * from. */
struct settings {
    struct config config;
    struct permission default_certificate_permission;
    struct permission default_key_permission;
    bool log_to_file;
    bool log_destination_given;
};

/* The tables. Into a struct settings are read: logging, edge, capabilities and acm, whose defaults
 * of permissions are not applied yet; certificate into a struct certificate_config, permission into
 * a struct permission. The others are another program's job: checked, then forgotten. The legacy
 * form has prefetch at the root. */
extern const struct section logging_section, edge_section, capabilities_section, acm_section,
    certificate_section, permission_section, secrets_manager_section, cache_section,
    security_section, prefetch_section, filter_tag_section, secret_section;

/* What numbers may be that stand in several tables. */
extern const struct range range_port, range_cache_seconds, range_thousand, range_roles,
    range_jitter_seconds;

#endif

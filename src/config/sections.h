/* The tables of the schema that files other than config.c describe. */
#ifndef WCP_CONFIG_SECTIONS_H
#define WCP_CONFIG_SECTIONS_H

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

/* What a field's `section` refers to, see schema_sections. */
enum section_name {
    SECTION_LOGGING, /* into a struct settings, as the next three */
    SECTION_EDGE,
    SECTION_CAPABILITIES,
    SECTION_ACM,             /* permission defaults are not applied yet */
    SECTION_CERTIFICATE,     /* into a struct certificate_config */
    SECTION_PERMISSION,      /* into a struct permission */
    SECTION_SECRETS_MANAGER, /* another program's job, as the rest: checked, then forgotten */
    SECTION_CACHE,
    SECTION_SECURITY,
    SECTION_PREFETCH, /* which the legacy form has at the root */
    SECTION_FILTER_TAG,
    SECTION_SECRET,
};

extern const struct section logging_section, edge_section, capabilities_section, acm_section,
    certificate_section, permission_section, secrets_manager_section, cache_section,
    security_section, prefetch_section, filter_tag_section, secret_section;

/* What a field's `range` refers to, see schema_ranges. */
enum range_name {
    RANGE_PORT, /* or 0 */
    RANGE_CACHE_SECONDS,
    RANGE_THOUSAND,
    RANGE_ROLES,
    RANGE_JITTER_SECONDS,
    RANGE_INTERVAL_HOURS,
    RANGE_DAY_SECONDS,
    RANGE_LOG_BYTES,
    RANGE_LOG_ARCHIVES,
};

#endif

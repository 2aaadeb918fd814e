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

/* [logging], into a struct settings. */
extern const struct section logging_section;
/* [edge], into a struct settings. */
extern const struct section edge_section;
/* [capabilities.acm], into a struct settings; permission defaults are not applied yet. */
extern const struct section acm_section;

/* AWS Secrets Manager's tables are another program's job: checked, then forgotten. */
extern const struct section secrets_manager_section;
/* Its [.prefetch], which the legacy form has at the root. */
extern const struct section prefetch_section;

/* Stores a level (enum log_level) that obeys rule_log_level. */
void keep_log_level(struct str text, void *place);

#endif

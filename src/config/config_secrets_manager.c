/* [capabilities.secrets_manager], which this program checks and does not use. */
#include "config/config_internal.h"
#include "config/rules.h"

const struct range range_port = {.min = 1024, .max = 65535, .or_zero = true};
const struct range range_cache_seconds = {.min = 0, .max = 3600};
const struct range range_thousand = {.min = 1, .max = 1000};
const struct range range_roles = {.min = 1, .max = 20};
const struct range range_jitter_seconds = {.min = 0, .max = 10};

#define CHECKED_ONLY .offset = NOT_STORED

static const struct field cache_fields[] = {
    {"ttl_seconds", FIELD_INTEGER, .range = &range_cache_seconds, CHECKED_ONLY},
    {"cache_size", FIELD_INTEGER, .range = &range_thousand, CHECKED_ONLY},
};
const struct section cache_section = {SECTION_FIELDS(cache_fields)};

static const struct field security_fields[] = {
    {"ssrf_headers", FIELD_STRING_LIST, CHECKED_ONLY},
    {"ssrf_env_variables", FIELD_STRING_LIST, CHECKED_ONLY},
};
const struct section security_section = {SECTION_FIELDS(security_fields)};

static const struct field filter_tag_fields[] = {
    {"key", FIELD_STRING, .required = true, CHECKED_ONLY},
    {"role_arn", FIELD_STRING, CHECKED_ONLY},
};
const struct section filter_tag_section = {SECTION_FIELDS(filter_tag_fields)};

static const struct field secret_fields[] = {
    {"secret_id", FIELD_STRING, .required = true, CHECKED_ONLY},
    {"role_arn", FIELD_STRING, CHECKED_ONLY},
};
const struct section secret_section = {SECTION_FIELDS(secret_fields)};

static const struct field prefetch_fields[] = {
    {"cache_buffer_ratio", FIELD_RATIO, CHECKED_ONLY},
    {"max_jitter_seconds", FIELD_INTEGER, .range = &range_jitter_seconds, CHECKED_ONLY},
    {"filter_tags", FIELD_TABLE_LIST, .section = &filter_tag_section, CHECKED_ONLY},
    {"secrets", FIELD_TABLE_LIST, .section = &secret_section, CHECKED_ONLY},
};
const struct section prefetch_section = {SECTION_FIELDS(prefetch_fields)};

static const struct field secrets_manager_fields[] = {
    {"enabled", FIELD_BOOLEAN, CHECKED_ONLY},
    {"http_port", FIELD_INTEGER, .range = &range_port, CHECKED_ONLY},
    {"path_prefix", FIELD_STRING, .rule = RULE_PATH_PREFIX, CHECKED_ONLY},
    {"max_conn", FIELD_INTEGER, .range = &range_thousand, CHECKED_ONLY},
    {"max_roles", FIELD_INTEGER, .range = &range_roles, CHECKED_ONLY},
    {"region", FIELD_STRING, CHECKED_ONLY},
    {"credentials_file_path", FIELD_STRING, CHECKED_ONLY},
    {"ignore_transient_errors", FIELD_BOOLEAN, CHECKED_ONLY},
    {"validate_credentials", FIELD_BOOLEAN, CHECKED_ONLY},
    {"cache", FIELD_TABLE, .section = &cache_section, CHECKED_ONLY},
    {"security", FIELD_TABLE, .section = &security_section, CHECKED_ONLY},
    {"prefetch", FIELD_TABLE, .section = &prefetch_section, CHECKED_ONLY},
};
const struct section secrets_manager_section = {SECTION_FIELDS(secrets_manager_fields)};

#include "config/config_internal.h"
#include "config/rules.h"

const struct range range_port = {.least = 1024, .most = 65535, .or_zero = true};
const struct range range_cache_seconds = {.least = 0, .most = 3600};
const struct range range_thousand = {.least = 1, .most = 1000};
const struct range range_roles = {.least = 1, .most = 20};
const struct range range_jitter_seconds = {.least = 0, .most = 10};

#define CHECKED .offset = NOT_KEPT

static const struct field cache_fields[] = {
    {"ttl_seconds", FIELD_INTEGER, .range = &range_cache_seconds, CHECKED},
    {"cache_size", FIELD_INTEGER, .range = &range_thousand, CHECKED},
};
const struct section cache_section = {SECTION_FIELDS(cache_fields)};

static const struct field security_fields[] = {
    {"ssrf_headers", FIELD_STRING_LIST, CHECKED},
    {"ssrf_env_variables", FIELD_STRING_LIST, CHECKED},
};
const struct section security_section = {SECTION_FIELDS(security_fields)};

static const struct field filter_tag_fields[] = {
    {"key", FIELD_STRING, .required = true, CHECKED},
    {"role_arn", FIELD_STRING, CHECKED},
};
const struct section filter_tag_section = {SECTION_FIELDS(filter_tag_fields)};

static const struct field secret_fields[] = {
    {"secret_id", FIELD_STRING, .required = true, CHECKED},
    {"role_arn", FIELD_STRING, CHECKED},
};
const struct section secret_section = {SECTION_FIELDS(secret_fields)};

static const struct field prefetch_fields[] = {
    {"cache_buffer_ratio", FIELD_RATIO, CHECKED},
    {"max_jitter_seconds", FIELD_INTEGER, .range = &range_jitter_seconds, CHECKED},
    {"filter_tags", FIELD_TABLE_LIST, .section = &filter_tag_section, CHECKED},
    {"secrets", FIELD_TABLE_LIST, .section = &secret_section, CHECKED},
};
const struct section prefetch_section = {SECTION_FIELDS(prefetch_fields)};

static const struct field secrets_manager_fields[] = {
    {"enabled", FIELD_BOOLEAN, CHECKED},
    {"http_port", FIELD_INTEGER, .range = &range_port, CHECKED},
    {"path_prefix", FIELD_STRING, .rule = RULE_PATH_PREFIX, CHECKED},
    {"max_conn", FIELD_INTEGER, .range = &range_thousand, CHECKED},
    {"max_roles", FIELD_INTEGER, .range = &range_roles, CHECKED},
    {"region", FIELD_STRING, CHECKED},
    {"credentials_file_path", FIELD_STRING, CHECKED},
    {"ignore_transient_errors", FIELD_BOOLEAN, CHECKED},
    {"validate_credentials", FIELD_BOOLEAN, CHECKED},
    {"cache", FIELD_TABLE, .section = &cache_section, CHECKED},
    {"security", FIELD_TABLE, .section = &security_section, CHECKED},
    {"prefetch", FIELD_TABLE, .section = &prefetch_section, CHECKED},
};
const struct section secrets_manager_section = {SECTION_FIELDS(secrets_manager_fields)};

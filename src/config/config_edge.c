/* [logging] and [edge]. */
#include "base/limits.h"
#include "config/config_internal.h"
#include "config/rules.h"

#include <stddef.h>

static const struct field logging_fields[] = {
    {"log_level", FIELD_STRING, .rule = RULE_LOG_LEVEL,
     .offset = offsetof(struct settings, config.log_level)},
    {"log_to_file", FIELD_BOOLEAN, .offset = offsetof(struct settings, log_to_file)},
};
const struct section logging_section = {SECTION_FIELDS(logging_fields)};

static void note_log_destination(struct problems *problems, const struct scope *scope,
                                 const struct toml_value *table, void *target, bool complete)
{
    struct settings *settings = target;
    (void)problems;
    (void)scope;
    (void)complete;
    settings->log_destination_given = toml_get(table, STR("log_destination")) != NULL;
}

static const struct range range_interval_hours = {.min = 1, .max = 24 * 30};
static const struct range range_day_seconds = {.min = 0, .max = 24 * 3600};
static const struct range range_log_bytes = {.min = 4096, .max = 1024 * 1024 * 1024};
static const struct range range_log_archives = {.min = 0, .max = LIMIT_LOG_ARCHIVES};

#define STORED(member) .offset = offsetof(struct settings, config.member)

static const struct field edge_fields[] = {
    {"region", FIELD_STRING, .rule = RULE_REGION, STORED(region)},
    {"credentials_file", FIELD_STRING, .rule = RULE_ABSOLUTE_PATH, STORED(credentials_file)},
    {"ca_bundle", FIELD_STRING, .rule = RULE_ABSOLUTE_PATH, STORED(ca_bundle)},
    {"https_proxy", FIELD_STRING, .rule = RULE_PROXY, STORED(https_proxy)},
    {"refresh_interval_hours", FIELD_INTEGER, .range = &range_interval_hours,
     STORED(refresh_interval_hours)},
    {"refresh_on_start", FIELD_BOOLEAN, STORED(refresh_on_start)},
    {"startup_jitter_seconds", FIELD_INTEGER, .range = &range_day_seconds,
     STORED(startup_jitter_seconds)},
    {"worker_user", FIELD_STRING, .rule = RULE_ACCOUNT, STORED(worker_user)},
    {"log_destination", FIELD_STRING, .rule = RULE_LOG_DESTINATION, STORED(log_destination)},
    {"log_directory", FIELD_STRING, .rule = RULE_NOT_EMPTY, STORED(log_directory)},
    {"log_max_bytes", FIELD_INTEGER, .range = &range_log_bytes, STORED(log_max_bytes)},
    {"log_archives", FIELD_INTEGER, .range = &range_log_archives, STORED(log_archives)},
    {"status_file", FIELD_STRING, .rule = RULE_FILE_PATH, STORED(status_file)},
    {"watch_config", FIELD_BOOLEAN, STORED(watch_config)},
};
const struct section edge_section = {SECTION_FIELDS(edge_fields),
                                     .after_read = note_log_destination};

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

static const struct range range_interval_hours = {.least = 1, .most = 24 * 30};
static const struct range range_day_seconds = {.least = 0, .most = 24 * 3600};
static const struct range range_log_bytes = {.least = 4096, .most = 1024 * 1024 * 1024};
static const struct range range_log_archives = {.least = 0, .most = LIMIT_LOG_ARCHIVES};

#define KEPT(member) .offset = offsetof(struct settings, config.member)

static const struct field edge_fields[] = {
    {"region", FIELD_STRING, .rule = RULE_REGION, KEPT(region)},
    {"credentials_file", FIELD_STRING, .rule = RULE_ABSOLUTE_PATH, KEPT(credentials_file)},
    {"ca_bundle", FIELD_STRING, .rule = RULE_ABSOLUTE_PATH, KEPT(ca_bundle)},
    {"https_proxy", FIELD_STRING, .rule = RULE_PROXY, KEPT(https_proxy)},
    {"refresh_interval_hours", FIELD_INTEGER, .range = &range_interval_hours,
     KEPT(refresh_interval_hours)},
    {"refresh_on_start", FIELD_BOOLEAN, KEPT(refresh_on_start)},
    {"startup_jitter_seconds", FIELD_INTEGER, .range = &range_day_seconds,
     KEPT(startup_jitter_seconds)},
    {"worker_user", FIELD_STRING, .rule = RULE_ACCOUNT, KEPT(worker_user)},
    {"log_destination", FIELD_STRING, .rule = RULE_LOG_DESTINATION, KEPT(log_destination)},
    {"log_directory", FIELD_STRING, .rule = RULE_NOT_EMPTY, KEPT(log_directory)},
    {"log_max_bytes", FIELD_INTEGER, .range = &range_log_bytes, KEPT(log_max_bytes)},
    {"log_archives", FIELD_INTEGER, .range = &range_log_archives, KEPT(log_archives)},
    {"status_file", FIELD_STRING, .rule = RULE_FILE_PATH, KEPT(status_file)},
    {"watch_config", FIELD_BOOLEAN, KEPT(watch_config)},
};
const struct section edge_section = {SECTION_FIELDS(edge_fields), .finish = note_log_destination};

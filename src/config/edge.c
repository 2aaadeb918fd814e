#include "config/rules.h"
#include "config/sections.h"

#include <stddef.h>

void keep_log_level(struct str text, void *place)
{
    log_level_parse(text, place);
}

static const struct field logging_fields[] = {
    {"log_level", FIELD_STRING, .rule = rule_log_level, .keep = keep_log_level,
     .offset = offsetof(struct settings, config.log_level)},
    {"log_to_file", FIELD_BOOLEAN, .offset = offsetof(struct settings, log_to_file)},
};
const struct section logging_section = {SECTION_FIELDS(logging_fields)};

static void keep_log_destination(struct str text, void *place)
{
    enum log_destination *destination = place;
    *destination = str_equal(text, STR("file"))     ? LOG_TO_FILE
                   : str_equal(text, STR("syslog")) ? LOG_TO_SYSLOG
                                                    : LOG_TO_STDERR;
}

static void note_log_destination(struct problems *problems, const struct scope *scope,
                                 const struct toml_value *table, void *target, bool complete)
{
    struct settings *settings = target;
    (void)problems;
    (void)scope;
    (void)complete;
    settings->log_destination_given = toml_get(table, STR("log_destination")) != NULL;
}

#define KEPT(member) .offset = offsetof(struct settings, config.member)

static const struct field edge_fields[] = {
    {"region", FIELD_STRING, .rule = rule_region, KEPT(region)},
    {"credentials_file", FIELD_STRING, .rule = rule_absolute_path, KEPT(credentials_file)},
    {"ca_bundle", FIELD_STRING, .rule = rule_absolute_path, KEPT(ca_bundle)},
    {"https_proxy", FIELD_STRING, .rule = rule_proxy, KEPT(https_proxy)},
    {"refresh_interval_hours", FIELD_INTEGER, .least = 1, .most = 24 * 30,
     KEPT(refresh_interval_hours)},
    {"refresh_on_start", FIELD_BOOLEAN, KEPT(refresh_on_start)},
    {"startup_jitter_seconds", FIELD_INTEGER, .least = 0, .most = 24 * 3600,
     KEPT(startup_jitter_seconds)},
    {"worker_user", FIELD_STRING, .rule = rule_account, KEPT(worker_user)},
    {"log_destination", FIELD_STRING, .rule = rule_log_destination, .keep = keep_log_destination,
     KEPT(log_destination)},
    {"log_directory", FIELD_STRING, .rule = rule_not_empty, KEPT(log_directory)},
    {"log_max_bytes", FIELD_INTEGER, .least = 4096, .most = 1024 * 1024 * 1024,
     KEPT(log_max_bytes)},
    {"log_archives", FIELD_INTEGER, .least = 0, .most = 100, KEPT(log_archives)},
    {"status_file", FIELD_STRING, .rule = rule_file_path, KEPT(status_file)},
    {"watch_config", FIELD_BOOLEAN, KEPT(watch_config)},
};
const struct section edge_section = {SECTION_FIELDS(edge_fields), .finish = note_log_destination};

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

const struct range range_session_seconds = {.min = 900, .max = 43200};

#define STORED(member) .offset = offsetof(struct roles_anywhere_config, member)

static const struct field roles_anywhere_fields[] = {
    {"trust_anchor_arn", FIELD_STRING, .required = true, .rule = RULE_TRUST_ANCHOR_ARN,
     STORED(trust_anchor_arn)},
    {"profile_arn", FIELD_STRING, .required = true, .rule = RULE_ROLES_ANYWHERE_PROFILE_ARN,
     STORED(profile_arn)},
    {"role_arn", FIELD_STRING, .required = true, .rule = RULE_ROLE_ARN, STORED(role_arn)},
    {"certificate", FIELD_STRING, .required = true, .rule = RULE_ABSOLUTE_PATH,
     STORED(certificate)},
    {"private_key", FIELD_STRING, .required = true, .rule = RULE_ABSOLUTE_PATH,
     STORED(private_key)},
    {"private_key_passphrase_file", FIELD_STRING, .rule = RULE_ABSOLUTE_PATH,
     STORED(private_key_passphrase_file)},
};
const struct section roles_anywhere_section = {SECTION_FIELDS(roles_anywhere_fields)};

/* In the order of enum credential_place. */
static const char *const credential_places[] = {"environment", "profile", "web_identity",
                                                "container",   "imds",    NULL};

#undef STORED
#define STORED(member) .offset = offsetof(struct settings, config.member)

static const struct field edge_fields[] = {
    {"region", FIELD_STRING, .rule = RULE_REGION, STORED(region)},
    {"credentials_file", FIELD_STRING, .rule = RULE_ABSOLUTE_PATH, STORED(credentials_file)},
    {"credentials", FIELD_WORDS, .words = credential_places, STORED(credential_places)},
    {"imds_v1", FIELD_BOOLEAN, STORED(imds_v1)},
    {"external_id", FIELD_STRING, .rule = RULE_EXTERNAL_ID, STORED(role_session.external_id)},
    {"session_name", FIELD_STRING, .rule = RULE_SESSION_NAME, STORED(role_session.session_name)},
    {"duration_seconds", FIELD_INTEGER, .range = &range_session_seconds,
     STORED(role_session.duration_seconds)},
    {"roles_anywhere", FIELD_TABLE, .section = &roles_anywhere_section, STORED(roles_anywhere)},
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

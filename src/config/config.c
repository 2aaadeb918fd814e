#include "config/config.h"

#include "base/limits.h"
#include "config/config_internal.h"
#include "config/rules.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MODE = 0600, DEFAULT_LOG_BYTES = 10485760 };

static const struct field capabilities_fields[] = {
    {"acm", FIELD_TABLE, .section = &acm_section, .offset = 0},
    {"secrets_manager", FIELD_TABLE, .section = &secrets_manager_section, .offset = NOT_STORED},
};
const struct section capabilities_section = {SECTION_FIELDS(capabilities_fields)};

#define LEGACY .offset = NOT_STORED

/* The tables, then the keys of the legacy form, which has no tables. */
static const struct field root_fields[] = {
    {"logging", FIELD_TABLE, .section = &logging_section, .offset = 0},
    {"capabilities", FIELD_TABLE, .section = &capabilities_section, .offset = 0},
    {"edge", FIELD_TABLE, .section = &edge_section, .offset = 0},
    {"log_level", FIELD_STRING, .rule = RULE_LOG_LEVEL,
     .offset = offsetof(struct settings, config.log_level)},
    {"log_to_file", FIELD_BOOLEAN, .offset = offsetof(struct settings, log_to_file)},
    {"http_port", FIELD_INTEGER_OR_TEXT, .range = &range_port, LEGACY},
    {"ttl_seconds", FIELD_INTEGER_OR_TEXT, .range = &range_cache_seconds, LEGACY},
    {"cache_size", FIELD_INTEGER_OR_TEXT, .range = &range_thousand, LEGACY},
    {"ssrf_headers", FIELD_STRING_LIST, LEGACY},
    {"ssrf_env_variables", FIELD_STRING_LIST, LEGACY},
    {"path_prefix", FIELD_STRING, .rule = RULE_PATH_PREFIX, LEGACY},
    {"max_conn", FIELD_INTEGER_OR_TEXT, .range = &range_thousand, LEGACY},
    {"max_roles", FIELD_INTEGER_OR_TEXT, .range = &range_roles, LEGACY},
    {"region", FIELD_STRING, LEGACY},
    {"ignore_transient_errors", FIELD_BOOLEAN, LEGACY},
    {"validate_credentials", FIELD_BOOLEAN, LEGACY},
    {"prefetch", FIELD_TABLE, .section = &prefetch_section, LEGACY},
    {"credentials_file_path", FIELD_STRING, LEGACY},
};
enum { FIRST_LEGACY_FIELD = 3 };

/* Legacy keys are errors beside the tables that replaced them. AWS's own agent accepts two of them,
 * so this program does, too. */
static void refuse_legacy_mixture(struct problems *problems, const struct scope *scope,
                                  const struct toml_value *root, void *target, bool complete)
{
    (void)target;
    (void)complete;
    if (toml_get(root, STR("logging")) == NULL && toml_get(root, STR("capabilities")) == NULL)
        return;
    for (size_t i = FIRST_LEGACY_FIELD; i < sizeof root_fields / sizeof root_fields[0]; i++) {
        struct str name = str_from(root_fields[i].name);
        const struct toml_value *value = toml_get(root, name);
        if (value == NULL || str_equal(name, STR("max_roles")) || str_equal(name, STR("prefetch")))
            continue;
        schema_problem(
            problems, scope, root_fields[i].name, value,
            "is a key of the old form without tables, which cannot be mixed with [logging] or "
            "[capabilities]; move it into its table");
    }
}

static const struct section root_section = {SECTION_FIELDS(root_fields),
                                            .after_read = refuse_legacy_mixture};

/* Copies `other` to `permission`, unless that was configured. False when memory is short. */
static bool inherit_permission(struct permission *permission, const struct permission *other)
{
    if (permission->given)
        return true;
    schema_free(&permission_section, permission);
    *permission = (struct permission){
        .given = true,
        .mode = other->given ? other->mode : DEFAULT_MODE,
        .default_mode = !other->given || other->default_mode,
    };
    if (other->owner != NULL)
        permission->owner = str_duplicate(str_from(other->owner));
    if (other->group != NULL)
        permission->group = str_duplicate(str_from(other->group));
    return (other->owner == NULL) == (permission->owner == NULL) &&
           (other->group == NULL) == (permission->group == NULL);
}

static bool apply_defaults(struct settings *settings)
{
    struct config *config = &settings->config;
    bool done = true;
    if (!settings->log_destination_given && !settings->log_to_file)
        config->log_destination = LOG_TO_STDERR;
    for (size_t i = 0; i < config->certificate_count && done; i++) {
        struct certificate_config *each = &config->certificates[i];
        done = inherit_permission(&each->certificate_permission,
                                  &settings->default_certificate_permission) &&
               inherit_permission(&each->key_permission, &settings->default_key_permission) &&
               inherit_permission(&each->combined_permission, &each->key_permission) &&
               each->arn != NULL && each->role_arn != NULL && each->certificate_path != NULL &&
               each->private_key_path != NULL;
    }
    return done;
}

static void report_syntax(void *context, uint32_t line, uint32_t column, const char *message)
{
    problems_add(context, line, column, "%s", message);
}

bool config_parse(struct str text, struct config *config, struct problems *problems)
{
    struct settings settings = {
        .config = {.log_level = LOG_LEVEL_INFO,
                   .refresh_interval_hours = 24,
                   .startup_jitter_seconds = 5,
                   .log_max_bytes = DEFAULT_LOG_BYTES,
                   .log_archives = 5,
                   .watch_config = true},
        .log_to_file = true,
    };
    struct toml_document *document = toml_parse(text, report_syntax, problems);
    if (document != NULL) {
        schema_read(problems, NULL, &root_section, toml_root(document), &settings);
        if (problems->count == 0 && !apply_defaults(&settings))
            problems_add(problems, 0, 0, "out of memory");
    }
    toml_free(document);
    schema_free(&permission_section, &settings.default_certificate_permission);
    schema_free(&permission_section, &settings.default_key_permission);
    *config = settings.config;
    problems_sort(problems);
    if (problems->count == 0 && document != NULL)
        return true;
    config_free(config);
    return false;
}

void config_drop_certificates(struct config *config)
{
    for (size_t i = 0; i < config->certificate_count; i++)
        schema_free(&certificate_section, &config->certificates[i]);
    free(config->certificates);
    config->certificates = NULL;
    config->certificate_count = 0;
}

/* The sections describe a struct settings, and config_free passes a struct config. */
_Static_assert(offsetof(struct settings, config) == 0, "config must be the first member");

void config_free(struct config *config)
{
    schema_free(&edge_section, config);
    config_drop_certificates(config);
    *config = (struct config){0};
}

bool config_same_certificate(const struct certificate_config *a, const struct certificate_config *b)
{
    return schema_same(&certificate_section, a, b);
}

bool config_same_session(const struct certificate_config *a, const struct certificate_config *b)
{
    return strcmp(a->role_arn, b->role_arn) == 0 &&
           text_equal(a->role_session.external_id, b->role_session.external_id) &&
           text_equal(a->role_session.session_name, b->role_session.session_name) &&
           a->role_session.duration_seconds == b->role_session.duration_seconds;
}

bool config_same(const struct config *a, const struct config *b)
{
    bool same = a->acm_enabled == b->acm_enabled && a->log_level == b->log_level &&
                a->log_destination == b->log_destination &&
                a->certificate_count == b->certificate_count && schema_same(&edge_section, a, b);
    for (size_t i = 0; i < a->certificate_count && same; i++)
        same = config_same_certificate(&a->certificates[i], &b->certificates[i]);
    return same;
}

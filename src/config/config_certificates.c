/* [capabilities.acm] and its certificates. */
#include "base/limits.h"
#include "config/config_internal.h"
#include "config/rules.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void mark_given(struct problems *problems, const struct scope *scope,
                       const struct toml_value *table, void *target, bool complete)
{
    (void)problems;
    (void)scope;
    (void)table;
    if (target != NULL && complete)
        ((struct permission *)target)->given = true;
}

static const struct field permission_fields[] = {
    {"mode", FIELD_STRING, .required = true, .rule = RULE_MODE,
     .offset = offsetof(struct permission, mode)},
    {"owner", FIELD_STRING, .rule = RULE_ACCOUNT, .offset = offsetof(struct permission, owner)},
    {"group", FIELD_STRING, .rule = RULE_ACCOUNT, .offset = offsetof(struct permission, group)},
};
const struct section permission_section = {SECTION_FIELDS(permission_fields),
                                           .after_read = mark_given};

#define STORED(member) .offset = offsetof(struct certificate_config, member)
#define PATH .rule = RULE_FILE_PATH

static const struct field certificate_fields[] = {
    {"certificate_arn", FIELD_STRING, .required = true, .rule = RULE_CERTIFICATE_ARN, STORED(arn)},
    {"role_arn", FIELD_STRING, .required = true, .rule = RULE_ROLE_ARN, STORED(role_arn)},
    {"certificate_path", FIELD_STRING, .required = true, PATH, STORED(certificate_path)},
    {"private_key_path", FIELD_STRING, .required = true, PATH, STORED(private_key_path)},
    {"chain_path", FIELD_STRING, PATH, STORED(chain_path)},
    {"combined_path", FIELD_STRING, PATH, STORED(combined_path)},
    {"refresh_command", FIELD_STRING, .rule = RULE_REFRESH_COMMAND, STORED(refresh_command)},
    {"served_at", FIELD_STRING, .rule = RULE_SERVED_AT, STORED(served_at)},
    {"external_id", FIELD_STRING, .rule = RULE_EXTERNAL_ID, STORED(role_session.external_id)},
    {"session_name", FIELD_STRING, .rule = RULE_SESSION_NAME, STORED(role_session.session_name)},
    {"duration_seconds", FIELD_INTEGER, .range = &range_session_seconds,
     STORED(role_session.duration_seconds)},
    {"certificate_and_chain_permission", FIELD_TABLE, .section = &permission_section,
     STORED(certificate_permission)},
    {"key_permission", FIELD_TABLE, .section = &permission_section, STORED(key_permission)},
    {"combined_permission", FIELD_TABLE, .section = &permission_section,
     STORED(combined_permission)},
};

static void *new_certificate(void *list, size_t index)
{
    struct config *config = &((struct settings *)list)->config;
    if (index >= LIMIT_CERTIFICATES || config->certificate_count >= LIMIT_CERTIFICATES)
        return NULL;
    size_t size = (config->certificate_count + 1) * sizeof *config->certificates;
    struct certificate_config *grown = realloc(config->certificates, size);
    if (grown == NULL)
        return NULL;
    config->certificates = grown;
    struct certificate_config *added = &grown[config->certificate_count++];
    *added = (struct certificate_config){0};
    return added;
}

static void note_line(struct problems *problems, const struct scope *scope,
                      const struct toml_value *table, void *target, bool complete)
{
    (void)problems;
    (void)scope;
    (void)complete;
    if (target != NULL)
        ((struct certificate_config *)target)->line = table->line;
}

const struct section certificate_section = {
    SECTION_FIELDS(certificate_fields),
    .after_read = note_line,
    .add_element = new_certificate,
};

/* A value that must be unique, and its place. */
struct claim {
    char *text; /* a path is normalised; owned */
    struct scope scope;
    const char *member;
    const struct toml_value *value;
};

/* The members whose values must be unique. An ARN cannot equal a path, so one list is enough. */
static const char *const unique_members[] = {"certificate_arn", "certificate_path",
                                             "private_key_path", "chain_path", "combined_path"};
enum { CLAIMS_PER_CERTIFICATE = sizeof unique_members / sizeof unique_members[0] };

struct claims {
    struct claim list[LIMIT_CERTIFICATES * CLAIMS_PER_CERTIFICATE];
    size_t count;
};

/* Reports `claim` when an earlier claim has the same text. */
static void check_unique(struct problems *problems, const struct claims *claims,
                         const struct claim *claim)
{
    for (size_t i = 0; i < claims->count; i++) {
        const struct claim *earlier = &claims->list[i];
        if (strcmp(earlier->text, claim->text) != 0)
            continue;
        schema_problem(problems, &claim->scope, claim->member, claim->value,
                       "is already used by %.*s[%zu].%s in line %u; each must be different",
                       (int)earlier->scope.name.length, earlier->scope.name.data,
                       earlier->scope.index, earlier->member, earlier->value->line);
        return;
    }
}

static void add_claim(struct problems *problems, struct claims *claims, const struct scope *scope,
                      const char *member, const struct toml_value *value)
{
    enum rule rule = member == unique_members[0] ? RULE_NONE : RULE_FILE_PATH;
    struct claim claim = {NULL, *scope, member, value};
    if (value->type != TOML_STRING || rule_check(rule, value->text) != NULL ||
        claims->count == sizeof claims->list / sizeof claims->list[0] ||
        !rule_store(rule, value->text, &claim.text))
        return;
    check_unique(problems, claims, &claim);
    claims->list[claims->count++] = claim;
}

static bool is_complete(const struct toml_value *certificate)
{
    for (size_t i = 0; i < sizeof certificate_fields / sizeof certificate_fields[0]; i++)
        if (certificate_fields[i].required &&
            toml_get(certificate, str_from(certificate_fields[i].name)) == NULL)
            return false;
    return true;
}

/* Every ARN must be unique, and every path, within a certificate and among all. */
static void check_claims(struct problems *problems, const struct scope *scope,
                         const struct toml_value *list)
{
    struct claims *claims = calloc(1, sizeof *claims);
    struct scope at = {scope, STR("certificates"), 0, true};
    if (claims == NULL)
        return;
    for (const struct toml_value *each = list->children; each != NULL;
         each = each->next, at.index++) {
        for (size_t i = 0; i < CLAIMS_PER_CERTIFICATE && is_complete(each); i++) {
            const struct toml_value *value = toml_get(each, str_from(unique_members[i]));
            if (value != NULL)
                add_claim(problems, claims, &at, unique_members[i], value);
        }
    }
    for (size_t i = 0; i < claims->count; i++)
        free(claims->list[i].text);
    free(claims);
}

static void check_list(struct problems *problems, const struct scope *scope,
                       const struct toml_value *table, void *target, bool complete)
{
    const struct toml_value *list = toml_get(table, STR("certificates"));
    size_t count = 0;
    (void)target;
    (void)complete;
    if (list == NULL || list->type != TOML_ARRAY)
        return;
    for (const struct toml_value *each = list->children; each != NULL; each = each->next)
        count++;
    if (count > LIMIT_CERTIFICATES)
        schema_problem(problems, scope, "certificates", list,
                       "has %zu certificates; the maximum is %u", count,
                       (unsigned)LIMIT_CERTIFICATES);
    check_claims(problems, scope, list);
}

static const struct field acm_fields[] = {
    {"enabled", FIELD_BOOLEAN, .offset = offsetof(struct settings, config.acm_enabled)},
    {"default_certificate_permission", FIELD_TABLE, .section = &permission_section,
     .offset = offsetof(struct settings, default_certificate_permission)},
    {"default_key_permission", FIELD_TABLE, .section = &permission_section,
     .offset = offsetof(struct settings, default_key_permission)},
    {"certificates", FIELD_TABLE_LIST, .section = &certificate_section, .offset = 0},
};
const struct section acm_section = {SECTION_FIELDS(acm_fields), .after_read = check_list};

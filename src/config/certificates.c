/* [capabilities.acm] and its certificates. */
#include "base/limits.h"
#include "config/rules.h"
#include "config/sections.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void keep_mode(struct str text, void *place)
{
    *(uint16_t *)place = rule_mode_value(text);
}

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
    {"mode", FIELD_STRING, .required = true, .rule = rule_mode, .keep = keep_mode,
     .offset = offsetof(struct permission, mode)},
    {"owner", FIELD_STRING, .rule = rule_account, .offset = offsetof(struct permission, owner)},
    {"group", FIELD_STRING, .rule = rule_account, .offset = offsetof(struct permission, group)},
};
static const struct section permission_section = {SECTION_FIELDS(permission_fields),
                                                  .finish = mark_given};

static void keep_path(struct str text, void *place)
{
    *(char **)place = rule_path_normalised(text);
}

static void keep_trimmed(struct str text, void *place)
{
    *(char **)place = str_duplicate(str_trim(text));
}

#define KEPT(member) .offset = offsetof(struct certificate_config, member)
#define PATH .rule = rule_file_path, .keep = keep_path

static const struct field certificate_fields[] = {
    {"certificate_arn", FIELD_STRING, .required = true, .rule = rule_certificate_arn, KEPT(arn)},
    {"role_arn", FIELD_STRING, .required = true, .rule = rule_role_arn, KEPT(role_arn)},
    {"certificate_path", FIELD_STRING, .required = true, PATH, KEPT(certificate_path)},
    {"private_key_path", FIELD_STRING, .required = true, PATH, KEPT(private_key_path)},
    {"chain_path", FIELD_STRING, PATH, KEPT(chain_path)},
    {"combined_path", FIELD_STRING, PATH, KEPT(combined_path)},
    {"refresh_command", FIELD_STRING, .rule = rule_refresh_command, .keep = keep_trimmed,
     KEPT(refresh_command)},
    {"served_at", FIELD_STRING, .rule = rule_served_at, KEPT(served_at)},
    {"certificate_and_chain_permission", FIELD_TABLE, .section = &permission_section,
     KEPT(certificate_permission)},
    {"key_permission", FIELD_TABLE, .section = &permission_section, KEPT(key_permission)},
    {"combined_permission", FIELD_TABLE, .section = &permission_section, KEPT(combined_permission)},
};

static void *new_certificate(struct problems *problems, const struct scope *scope, void *list,
                             size_t index)
{
    struct config *config = &((struct settings *)list)->config;
    (void)problems;
    (void)scope;
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

static const struct section certificate_section = {
    SECTION_FIELDS(certificate_fields),
    .finish = note_line,
    .element = new_certificate,
};

/* A value that must be the only one of its kind, and where it stands. */
struct claim {
    char *text; /* normalised, owned */
    struct scope scope;
    const char *member;
    const struct toml_value *value;
};

enum { PATHS_PER_CERTIFICATE = 4 };
static const char *const path_members[PATHS_PER_CERTIFICATE] = {
    "certificate_path", "private_key_path", "chain_path", "combined_path"};

/* Reports `claim` when one of the earlier ones has the same text. */
static void check_unique(struct problems *problems, const struct claim *claims, size_t count,
                         const struct claim *claim)
{
    for (size_t i = 0; i < count; i++) {
        const struct claim *earlier = &claims[i];
        if (strcmp(earlier->text, claim->text) != 0)
            continue;
        schema_problem(problems, &claim->scope, claim->member, claim->value,
                       "is used before, by %.*s[%zu].%s in line %u; each must be different",
                       (int)earlier->scope.name.length, earlier->scope.name.data,
                       earlier->scope.index, earlier->member, earlier->value->line);
        return;
    }
}

struct claims {
    struct claim list[LIMIT_CERTIFICATES * PATHS_PER_CERTIFICATE];
    size_t count;
};

static void claim(struct problems *problems, struct claims *claims, struct claim next)
{
    size_t capacity = sizeof claims->list / sizeof claims->list[0];
    if (next.text == NULL || claims->count == capacity) {
        free(next.text);
        return;
    }
    check_unique(problems, claims->list, claims->count, &next);
    claims->list[claims->count++] = next;
}

static void release(struct claims *claims)
{
    for (size_t i = 0; i < claims->count; i++)
        free(claims->list[i].text);
    free(claims);
}

static bool is_complete(const struct toml_value *certificate)
{
    for (size_t i = 0; i < sizeof certificate_fields / sizeof certificate_fields[0]; i++)
        if (certificate_fields[i].required &&
            toml_get(certificate, str_from(certificate_fields[i].name)) == NULL)
            return false;
    return true;
}

/* Every ARN once; every path once, within and across certificates. */
static void check_claims(struct problems *problems, const struct scope *scope,
                         const struct toml_value *list)
{
    struct claims *arns = calloc(1, sizeof *arns);
    struct claims *paths = calloc(1, sizeof *paths);
    size_t index = 0;
    for (const struct toml_value *each = list->children;
         each != NULL && arns != NULL && paths != NULL; each = each->next, index++) {
        struct scope at = {scope, STR("certificates"), index, true};
        if (each->type != TOML_TABLE || !is_complete(each))
            continue;
        const struct toml_value *arn = toml_get(each, STR("certificate_arn"));
        if (arn->type == TOML_STRING)
            claim(problems, arns,
                  (struct claim){str_duplicate(arn->text), at, "certificate_arn", arn});
        for (size_t i = 0; i < PATHS_PER_CERTIFICATE; i++) {
            const struct toml_value *path = toml_get(each, str_from(path_members[i]));
            if (path != NULL && path->type == TOML_STRING && rule_file_path(path->text) == NULL)
                claim(problems, paths,
                      (struct claim){rule_path_normalised(path->text), at, path_members[i], path});
        }
    }
    if (arns != NULL)
        release(arns);
    if (paths != NULL)
        release(paths);
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
                       "holds %zu certificates; at most %u are possible", count,
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
const struct section acm_section = {SECTION_FIELDS(acm_fields), .finish = check_list};

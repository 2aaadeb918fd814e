#include "config/schema.h"

#include "base/format.h"
#include "base/json.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_PROBLEM = 1024 };

static void append_key(struct buf *path, struct str key)
{
    if (path->length > 0)
        buf_append_byte(path, '.');
    if (str_consists_of(key, STR("_-")))
        buf_append(path, key);
    else
        json_append_string(path, str_take(key, 60));
}

static void append_scope(struct buf *path, const struct scope *scope)
{
    /* The list begins with the innermost scope and the path with the outermost. The schema is at
     * most six levels deep. */
    const struct scope *chain[8];
    size_t depth = 0;
    for (; scope != NULL && depth < 8; scope = scope->parent)
        chain[depth++] = scope;
    while (depth > 0) {
        const struct scope *outer = chain[--depth];
        append_key(path, outer->name);
        if (outer->is_element)
            buf_format(path, "[%zu]", outer->index);
    }
}

void schema_problem(struct problems *problems, const struct scope *scope, const char *member,
                    const struct toml_value *value, const char *format, ...)
{
    BUF_AUTO struct buf text = BUF(LONGEST_PROBLEM);
    va_list arguments;
    append_scope(&text, scope);
    if (member[0] != '\0')
        append_key(&text, str_from(member));
    buf_append(&text, STR(": "));
    va_start(arguments, format);
    buf_format_va(&text, format, arguments);
    va_end(arguments);
    problems_add(problems, value->line, value->column, "%.*s", (int)text.length, text.data);
}

static void report_unknown_keys(struct problems *problems, const struct scope *scope,
                                const struct section *section, const struct toml_value *table)
{
    for (const struct toml_value *member = table->children; member != NULL; member = member->next) {
        bool known = false;
        for (size_t i = 0; i < section->count && !known; i++)
            known = str_equal(member->key, str_from(section->fields[i].name));
        if (known)
            continue;
        struct scope inner = {scope, member->key, 0, false};
        schema_problem(problems, &inner, "", member, "unknown key; check its spelling");
    }
}

static bool has_type(struct problems *problems, const struct scope *scope,
                     const struct field *field, const struct toml_value *value, enum toml_type type)
{
    if (value->type == type)
        return true;
    schema_problem(problems, scope, field->name, value, "expected %s, found %s",
                   toml_type_name(type), toml_type_name(value->type));
    return false;
}

static void read_string(struct problems *problems, const struct scope *scope,
                        const struct field *field, const struct toml_value *value, void *target)
{
    if (!has_type(problems, scope, field, value, TOML_STRING))
        return;
    const char *wrong = rule_check(field->rule, value->text);
    if (wrong == NULL && str_holds(value->text, '\0'))
        wrong = "must not contain a NUL character";
    if (wrong == NULL && target != NULL && !rule_store(field->rule, value->text, target))
        wrong = "out of memory";
    struct str meant = {0};
    if (wrong != NULL && field->rule == RULE_REGION)
        meant = rule_region_meant(value->text);
    if (wrong != NULL)
        schema_problem(problems, scope, field->name, value, "%s%.*s", wrong, (int)meant.length,
                       meant.data);
}

static void read_integer(struct problems *problems, const struct scope *scope,
                         const struct field *field, const struct toml_value *value,
                         uint32_t *target)
{
    const struct range *range = field->range;
    uint64_t number = 0;
    bool in_text = field->type == FIELD_INTEGER_OR_TEXT && value->type == TOML_STRING;
    if (!in_text && !has_type(problems, scope, field, value, TOML_INTEGER))
        return;
    bool fits = true;
    if (in_text)
        fits = str_to_unsigned(value->text, range->max, &number);
    else
        number = (uint64_t)value->integer; /* a negative number becomes too large */
    if (!fits || number > range->max || (number < range->min && !(range->or_zero && number == 0)))
        schema_problem(problems, scope, field->name, value, "must be %sa number from %u to %u",
                       range->or_zero ? "0 or " : "", range->min, range->max);
    else if (target != NULL)
        *target = (uint32_t)number;
}

static void read_ratio(struct problems *problems, const struct scope *scope,
                       const struct field *field, const struct toml_value *value)
{
    double number = 0;
    if (value->type == TOML_INTEGER) {
        number = (double)value->integer;
    } else if (value->type == TOML_FLOAT) {
        char text[64];
        format_text(text, sizeof text, "%.*s", (int)value->text.length, value->text.data);
        number = strtod(text, NULL);
    } else {
        has_type(problems, scope, field, value, TOML_FLOAT);
        return;
    }
    if (!(number >= 0.1 && number <= 1.0))
        schema_problem(problems, scope, field->name, value, "must be a number from 0.1 to 1.0");
}

static void read_string_list(struct problems *problems, const struct scope *scope,
                             const struct field *field, const struct toml_value *value)
{
    if (!has_type(problems, scope, field, value, TOML_ARRAY))
        return;
    if (value->children == NULL)
        schema_problem(problems, scope, field->name, value, "must not be an empty list");
    for (const struct toml_value *each = value->children; each != NULL; each = each->next)
        if (has_type(problems, scope, field, each, TOML_STRING) && each->text.length == 0)
            schema_problem(problems, scope, field->name, each, "must not contain an empty string");
}

static bool find_word(const char *const *words, struct str text, uint32_t *set)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (!str_equal(text, str_from(words[i])))
            continue;
        *set |= UINT32_C(1) << i;
        return true;
    }
    return false;
}

static void read_words(struct problems *problems, const struct scope *scope,
                       const struct field *field, const struct toml_value *value, uint32_t *target)
{
    BUF_AUTO struct buf all = BUF(LONGEST_PROBLEM);
    uint32_t set = 0;
    read_string_list(problems, scope, field, value);
    for (size_t i = 0; field->words[i] != NULL; i++)
        buf_format(&all, "%s%s", i == 0 ? "" : ", ", field->words[i]);
    if (value->type != TOML_ARRAY)
        return;
    for (const struct toml_value *each = value->children; each != NULL; each = each->next)
        if (each->type == TOML_STRING && each->text.length > 0 &&
            !find_word(field->words, each->text, &set))
            schema_problem(problems, scope, field->name, each, "must contain only %.*s",
                           (int)all.length, all.data);
    if (target != NULL)
        *target = set;
}

/* The schema bounds the depth of the recursion, not the document. */
static void read_table_list(struct problems *problems, const struct scope *scope,
                            const struct field *field, const struct toml_value *value, void *target)
{
    const struct section *section = field->section;
    size_t index = 0;
    if (!has_type(problems, scope, field, value, TOML_ARRAY))
        return;
    for (const struct toml_value *each = value->children; each != NULL;
         each = each->next, index++) {
        struct scope inner = {scope, str_from(field->name), index, true};
        if (!has_type(problems, scope, field, each, TOML_TABLE))
            continue;
        void *element = target == NULL || section->add_element == NULL
                            ? NULL
                            : section->add_element(target, index);
        schema_read(problems, &inner, section, each, element);
    }
}

static void read_field(struct problems *problems, const struct scope *scope,
                       const struct field *field, const struct toml_value *value, char *target)
{
    void *place = target == NULL || field->offset == NOT_STORED ? NULL : target + field->offset;
    struct scope inner = {scope, str_from(field->name), 0, false};
    switch ((enum field_type)field->type) {
    case FIELD_STRING:
        read_string(problems, scope, field, value, place);
        break;
    case FIELD_BOOLEAN:
        if (has_type(problems, scope, field, value, TOML_BOOLEAN) && place != NULL)
            *(bool *)place = value->boolean;
        break;
    case FIELD_INTEGER:
    case FIELD_INTEGER_OR_TEXT:
        read_integer(problems, scope, field, value, place);
        break;
    case FIELD_RATIO:
        read_ratio(problems, scope, field, value);
        break;
    case FIELD_STRING_LIST:
        read_string_list(problems, scope, field, value);
        break;
    case FIELD_WORDS:
        read_words(problems, scope, field, value, place);
        break;
    case FIELD_TABLE:
        if (has_type(problems, scope, field, value, TOML_TABLE))
            schema_read(problems, &inner, field->section, value, place);
        break;
    case FIELD_TABLE_LIST:
        read_table_list(problems, scope, field, value, place);
        break;
    }
}

void schema_read(struct problems *problems, const struct scope *scope,
                 const struct section *section, const struct toml_value *table, void *target)
{
    bool complete = true;
    for (size_t i = 0; i < section->count; i++) {
        const struct field *field = &section->fields[i];
        if (!field->required || toml_get(table, str_from(field->name)) != NULL)
            continue;
        schema_problem(problems, scope, field->name, table, "is required and missing");
        complete = false;
    }
    report_unknown_keys(problems, scope, section, table);
    for (size_t i = 0; i < section->count && complete; i++) {
        const struct field *field = &section->fields[i];
        const struct toml_value *value = toml_get(table, str_from(field->name));
        if (value != NULL)
            read_field(problems, scope, field, value, target);
    }
    if (section->after_read != NULL)
        section->after_read(problems, scope, table, target, complete);
}

static bool stores_a_copy(const struct field *field)
{
    return field->type == FIELD_STRING && field->rule != RULE_MODE &&
           field->rule != RULE_LOG_LEVEL && field->rule != RULE_LOG_DESTINATION;
}

void schema_free(const struct section *section, void *target)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct field *field = &section->fields[i];
        char *place = (char *)target + field->offset;
        if (field->offset == NOT_STORED)
            continue;
        if (field->type == FIELD_TABLE)
            schema_free(field->section, place);
        else if (stores_a_copy(field))
            free(*(char **)(void *)place);
    }
}

static size_t size_of_value(const struct field *field)
{
    if (field->type == FIELD_BOOLEAN)
        return sizeof(bool);
    if (field->type == FIELD_STRING)
        return field->rule == RULE_MODE ? sizeof(uint16_t) : sizeof(enum log_level);
    return sizeof(uint32_t);
}

bool schema_same(const struct section *section, const void *a, const void *b)
{
    bool same = true;
    for (size_t i = 0; i < section->count && same; i++) {
        const struct field *field = &section->fields[i];
        const char *first = (const char *)a + field->offset;
        const char *second = (const char *)b + field->offset;
        if (field->offset == NOT_STORED || field->type == FIELD_TABLE_LIST)
            continue;
        if (field->type == FIELD_TABLE)
            same = schema_same(field->section, first, second);
        else if (stores_a_copy(field))
            same = text_equal(*(char *const *)(const void *)first,
                              *(char *const *)(const void *)second);
        else
            same = memcmp(first, second, size_of_value(field)) == 0;
    }
    return same;
}

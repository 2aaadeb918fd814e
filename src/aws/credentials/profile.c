#include "aws/credentials/profile.h"

#include <stddef.h>

/* A comment mark counts only at the start of a line or after white space: keys and tokens may
 * contain '#' and ';'. */
static struct str without_comment(struct str line)
{
    for (size_t i = 0; i < line.length; i++) {
        bool mark = line.data[i] == '#' || line.data[i] == ';';
        if (mark && (i == 0 || is_space(line.data[i - 1])))
            return str_take(line, i);
    }
    return line;
}

/* True when a section line ("[default]", "[x]", "[profile x]") names the profile. */
static bool is_section_of(struct str line, enum profile_file file, struct str name)
{
    struct str title = str_trim(str_skip(str_take(line, str_index_of(line, ']')), 1));
    if (file == PROFILE_CREDENTIALS_FILE)
        return str_equal(title, name);
    bool prefixed =
        str_starts_with(title, STR("profile")) && title.length > 7 && is_space(title.data[7]);
    if (prefixed)
        return str_equal(str_trim(str_skip(title, 7)), name);
    return str_equal(title, STR("default")) && str_equal(name, STR("default"));
}

static const struct property {
    const char *name;
    size_t offset; /* of its value in struct profile */
} properties[] = {
    {"aws_access_key_id", offsetof(struct profile, access_key_id)},
    {"aws_secret_access_key", offsetof(struct profile, secret_access_key)},
    {"aws_session_token", offsetof(struct profile, session_token)},
    {"region", offsetof(struct profile, region)},
    {"credential_process", offsetof(struct profile, credential_process)},
};
enum { PROPERTIES = sizeof properties / sizeof properties[0] };

static struct str *property_value(struct profile *profile, size_t property)
{
    return (struct str *)(void *)((char *)profile + properties[property].offset);
}

static void read_property(struct str line, struct profile *values)
{
    size_t equals = str_index_of(line, '=');
    struct str name = str_trim(str_take(line, equals));
    for (size_t i = 0; i < PROPERTIES && equals < line.length; i++)
        if (str_equal_ignore_case(name, str_from(properties[i].name)))
            *property_value(values, i) = str_trim(without_comment(str_skip(line, equals + 1)));
}

void profile_read(struct str text, enum profile_file file, struct str name, struct profile *profile)
{
    struct profile values = {0};
    bool inside = false;
    struct str line;
    if (str_starts_with(text, STR("\xef\xbb\xbf")))
        text = str_skip(text, 3);
    while (str_next_line(&text, &line)) {
        if (line.length == 0 || str_holds(STR("#; \t"), line.data[0]))
            continue;
        if (line.data[0] == '[') {
            inside = is_section_of(line, file, name);
            values.found = values.found || inside;
        } else if (inside) {
            read_property(line, &values);
        }
    }
    profile->found = profile->found || values.found;
    for (size_t i = 0; i < PROPERTIES; i++)
        if (property_value(profile, i)->length == 0)
            *property_value(profile, i) = *property_value(&values, i);
}

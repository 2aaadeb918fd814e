#include "aws/profile.h"

/* A comment begins at the start of the line, or after white space: keys and tokens hold neither. */
static struct str without_comment(struct str line)
{
    for (size_t i = 0; i < line.length; i++) {
        bool mark = line.data[i] == '#' || line.data[i] == ';';
        if (mark && (i == 0 || is_space(line.data[i - 1])))
            return str_take(line, i);
    }
    return line;
}

/* "[default]", "[x]", "[profile x]": whether the section is the wanted profile's. */
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

static void read_property(struct str line, struct profile *values)
{
    const struct {
        struct str name;
        struct str *value;
    } properties[] = {
        {STR("aws_access_key_id"), &values->access_key_id},
        {STR("aws_secret_access_key"), &values->secret_access_key},
        {STR("aws_session_token"), &values->session_token},
        {STR("region"), &values->region},
        {STR("credential_process"), &values->credential_process},
    };
    size_t equals = str_index_of(line, '=');
    struct str name = str_trim(str_take(line, equals));
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
        if (equals < line.length && str_equal_ignore_case(name, properties[i].name))
            *properties[i].value = str_trim(without_comment(str_skip(line, equals + 1)));
}

static void fill_gap(struct str *value, struct str other)
{
    if (value->length == 0)
        *value = other;
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
    fill_gap(&profile->access_key_id, values.access_key_id);
    fill_gap(&profile->secret_access_key, values.secret_access_key);
    fill_gap(&profile->session_token, values.session_token);
    fill_gap(&profile->region, values.region);
    fill_gap(&profile->credential_process, values.credential_process);
}

#include "aws/credentials/configured.h"

#include "base/environment.h"
#include "base/format.h"

struct configured configured_get(const char *variable, const struct profile *profile,
                                 enum profile_key key)
{
    const char *text = variable == NULL ? NULL : environment_get(variable);
    struct configured from = {.text = str_from(text), .variable = variable, .key = key};
    if (text == NULL && key < PROFILE_KEYS) {
        from.variable = NULL;
        from.value = &profile->values[key];
        from.text = from.value->text;
    }
    return from;
}

void configured_origin(const struct configured *from, char origin[CONFIGURED_ORIGIN_SIZE])
{
    if (from->variable != NULL) {
        format_text(origin, CONFIGURED_ORIGIN_SIZE, "%s", from->variable);
        return;
    }
    const struct shared_place *place = &from->value->place;
    struct str name = profile_key_name(from->key);
    format_text(origin, CONFIGURED_ORIGIN_SIZE, "%s:%u:%u: %.*s", place->path, place->line,
                place->column, (int)name.length, name.data);
}

bool configured_refuse(const struct configured *from, const char *advice, const char *wrong,
                       struct str detail, struct error *error)
{
    char origin[CONFIGURED_ORIGIN_SIZE];
    configured_origin(from, origin);
    return error_refuse(error, ERROR_CONFIGURATION, advice, "%s %s%.*s", origin, wrong,
                        (int)detail.length, detail.data);
}

bool configured_flag(const char *variable, const struct profile *profile, enum profile_key key,
                     bool *flag, struct error *error)
{
    struct configured from = configured_get(variable, profile, key);
    size_t word = str_find_word("true false", from.text);
    *flag = word == 0;
    return from.text.length == 0 || word <= 1 ||
           configured_refuse(&from, "", "must be \"true\" or \"false\"", STR(""), error);
}

bool configured_copy(const struct configured *from, const char *(*rule)(struct str text),
                     char **copy, struct error *error)
{
    if (from->text.length == 0)
        return true;
    const char *wrong = rule(from->text);
    if (wrong != NULL)
        return configured_refuse(from, "", wrong, STR(""), error);
    *copy = str_duplicate(from->text);
    return *copy != NULL || error_no_memory(error);
}

void configured_path(struct str text, char path[PATH_MAX])
{
    const char *home = environment_get("HOME");
    bool in_home = home != NULL && str_starts_with(text, STR("~/"));
    struct str rest = str_skip(text, in_home);
    format_text(path, PATH_MAX, "%s%.*s", in_home ? home : "", (int)rest.length, rest.data);
}

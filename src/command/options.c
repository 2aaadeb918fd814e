#include "base/file.h"
#include "base/format.h"
#include "command/command.h"

#include <string.h>
#include <unistd.h>

enum { LONGEST_WAIT = 24 * 3600 };

__attribute__((format(printf, 2, 0))) static void
write_formatted_line(int descriptor, const char *format, va_list arguments)
{
    BUF_AUTO struct buf line = BUF(16 * 1024);
    buf_format_va(&line, format, arguments);
    make_printable(line.data, line.length);
    buf_append_byte(&line, '\n');
    write_all(descriptor, buf_str(&line));
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_formatted_line(STDOUT_FILENO, format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_formatted_line(STDERR_FILENO, format, arguments);
    va_end(arguments);
}

void complain_of(const char *what, const struct error *error)
{
    complain("%s: %s%s%s", what, error->message, error->advice[0] != '\0' ? "; " : "",
             error->advice);
}

enum option_kind {
    OPTION_CONFIG,
    OPTION_ONLY,
    OPTION_FORCE,
    OPTION_JSON,
    OPTION_WAIT_CLOCK,
    OPTION_FOR,
    OPTION_PROMETHEUS,
    OPTION_NO_START,
    OPTION_NO_SUDOERS,
    OPTION_PURGE,
};

static const struct option_form {
    const char *name;
    const char *short_name; /* NULL: none */
    enum option_kind kind;
    unsigned accepted_by; /* 0: every command */
    bool takes_value;
} forms[] = {
    {"--config", "-c", OPTION_CONFIG, 0, true},
    {"--only", NULL, OPTION_ONLY, ACCEPTS_ONLY, true},
    {"--force", NULL, OPTION_FORCE, ACCEPTS_FORCE, false},
    {"--json", NULL, OPTION_JSON, ACCEPTS_JSON, false},
    {"--prometheus", NULL, OPTION_PROMETHEUS, ACCEPTS_PROMETHEUS, false},
    {"--wait-clock", NULL, OPTION_WAIT_CLOCK, ACCEPTS_WAIT_CLOCK, true},
    {"--for", NULL, OPTION_FOR, ACCEPTS_FOR, true},
    {"--no-start", NULL, OPTION_NO_START, ACCEPTS_NO_START, false},
    {"--no-sudoers", NULL, OPTION_NO_SUDOERS, ACCEPTS_NO_SUDOERS, false},
    {"--purge", NULL, OPTION_PURGE, ACCEPTS_PURGE, false},
};

/* Finds the option that `argument` names. `*value` is the text after '=', or NULL without '='. */
static const struct option_form *find_option(const struct command *command, const char *argument,
                                             const char **value)
{
    size_t name = strcspn(argument, "=");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct option_form *form = &forms[i];
        bool short_form = form->short_name != NULL && strcmp(argument, form->short_name) == 0;
        bool long_form = strlen(form->name) == name && strncmp(form->name, argument, name) == 0;
        if (!short_form && !long_form)
            continue;
        *value = long_form && argument[name] == '=' ? argument + name + 1 : NULL;
        return form->accepted_by == 0 || (form->accepted_by & command->accepts) != 0 ? form : NULL;
    }
    return NULL;
}

static bool read_seconds(const char *value, uint32_t *seconds)
{
    uint64_t number = 0;
    bool fine = str_to_unsigned(str_from(value), LONGEST_WAIT, &number);
    *seconds = (uint32_t)number;
    return fine;
}

static bool apply(const struct option_form *form, const char *value, struct options *options)
{
    switch (form->kind) {
    case OPTION_CONFIG:
        options->config_path = value;
        return str_from(value).length > 0;
    case OPTION_ONLY:
        options->only = value;
        return str_from(value).length > 0;
    case OPTION_FORCE:
        options->force = true;
        return true;
    case OPTION_JSON:
        options->json = true;
        return true;
    case OPTION_PROMETHEUS:
        options->prometheus = true;
        return true;
    case OPTION_WAIT_CLOCK:
        return read_seconds(value, &options->wait_clock_seconds);
    case OPTION_FOR:
        return read_seconds(value, &options->for_seconds) && options->for_seconds > 0;
    case OPTION_NO_START:
        options->no_start = true;
        return true;
    case OPTION_NO_SUDOERS:
        options->no_sudoers = true;
        return true;
    case OPTION_PURGE:
        options->purge = true;
        return true;
    }
    return false;
}

bool options_parse(const struct command *command, int count, char *const *arguments,
                   struct options *options)
{
    *options = (struct options){.config_path = CONFIG_DEFAULT_PATH};
    for (int i = 0; i < count; i++) {
        const char *value = NULL;
        const struct option_form *form = find_option(command, arguments[i], &value);
        if (form == NULL || (value != NULL && !form->takes_value)) {
            complain("wcp-tiny %s: \"%s\" is not an option of this command; see wcp-tiny --help",
                     command->name, arguments[i]);
            return false;
        }
        if (form->takes_value && value == NULL && ++i < count)
            value = arguments[i];
        if (form->takes_value && value == NULL) {
            complain("wcp-tiny %s: %s needs a value; see wcp-tiny --help", command->name,
                     form->name);
            return false;
        }
        if (!apply(form, value, options)) {
            complain("wcp-tiny %s: \"%s\" is not a valid value for %s; see wcp-tiny --help",
                     command->name, value, form->name);
            return false;
        }
    }
    return true;
}

#include "aws/credentials/process.h"

#include <stdlib.h>

void process_words_free(struct process_words *words)
{
    free(words->text);
    *words = (struct process_words){0};
}

/* A command line while it is split. The words are written over it, as they are never longer. */
struct splitter {
    const char *line; /* terminated */
    size_t at;
    char *out;
    char quote; /* '\0': outside of quotes */
};

static bool refuse_line(const char *what, const char *wrong, struct error *error)
{
    return error_set(error, ERROR_CONFIGURATION, "%s %s", what, wrong);
}

/* What a shell would take for something else than text. */
static bool is_for_shell(const struct splitter *splitter, bool starts)
{
    char byte = splitter->line[splitter->at];
    return (splitter->quote != '\'' && str_holds(STR("$`"), byte)) ||
           (splitter->quote == '\0' && str_holds(STR("|&;<>()"), byte)) ||
           (splitter->quote == '\0' && starts && str_holds(STR("~#"), byte));
}

/* Takes a backslash and the byte that it protects. Within double quotes it protects few. */
static void take_protected(struct splitter *splitter)
{
    char next = splitter->line[splitter->at + 1];
    bool protects = next != '\0' && (splitter->quote == '\0' || str_holds(STR("\"\\$`"), next));
    splitter->at += protects;
    *splitter->out++ = splitter->line[splitter->at++];
}

/* Writes the word that begins here, and its terminator. */
static bool take_word(struct splitter *splitter, const char *what, struct error *error)
{
    size_t start = splitter->at;
    while (true) {
        char byte = splitter->line[splitter->at];
        if (byte == '\0' || (splitter->quote == '\0' && is_space(byte)))
            break;
        if (is_for_shell(splitter, splitter->at == start)) {
            error_set(error, ERROR_CONFIGURATION,
                      "%s has %c at byte %zu, which only a shell would understand; it is run "
                      "without one",
                      what, byte, splitter->at + 1);
            return error_advise(error, "put that text into single quotes, or what it should do "
                                       "into a script");
        }
        if (byte == '\\' && splitter->quote != '\'') {
            take_protected(splitter);
        } else if (byte == splitter->quote ||
                   (splitter->quote == '\0' && (byte == '\'' || byte == '"'))) {
            splitter->quote = splitter->quote == '\0' ? byte : '\0';
            splitter->at++;
        } else {
            *splitter->out++ = byte;
            splitter->at++;
        }
    }
    if (splitter->quote != '\0')
        return refuse_line(what, "has a quote that is not closed", error);
    splitter->at += splitter->line[splitter->at] != '\0';
    *splitter->out++ = '\0';
    return true;
}

bool process_split(struct str line, const char *what, struct process_words *words,
                   struct error *error)
{
    *words = (struct process_words){.text = str_duplicate(line)};
    struct splitter splitter = {.line = words->text, .out = words->text};
    size_t count = 0;
    if (words->text == NULL)
        return error_no_memory(error);
    while (true) {
        while (is_space(splitter.line[splitter.at]))
            splitter.at++;
        if (splitter.line[splitter.at] == '\0')
            return count > 0 || refuse_line(what, "has no command", error);
        if (count == LIMIT_COMMAND_WORDS)
            return refuse_line(what, "has too many words", error);
        words->list[count++] = splitter.out;
        if (!take_word(&splitter, what, error))
            return false;
    }
}

#include "toml/toml_internal.h"

/* Moves past one part of a key, whatever it contains, and the white space after it. */
static bool skip_key(struct toml_reader *reader)
{
    const char *start = reader->at;
    const char *end = toml_at_quote(reader) ? toml_string_end(start, reader->end, false)
                                            : start + toml_bare_key(reader).length;
    if (end == NULL || end == start)
        return false;
    reader->at = end;
    toml_skip_space(reader);
    return true;
}

/* Returns true when the line at the cursor begins with "key =", or is a header. */
static bool begins_statement(const struct toml_reader *reader)
{
    struct toml_reader ahead = *reader;
    toml_skip_space(&ahead);
    bool is_header = toml_accept(&ahead, '[');
    if (is_header)
        toml_accept(&ahead, '[');
    do {
        toml_skip_space(&ahead);
        if (!skip_key(&ahead))
            return false;
    } while (toml_accept(&ahead, '.'));
    if (!is_header)
        return toml_peek(&ahead) == '=';
    bool closed = toml_accept(&ahead, ']');
    toml_accept(&ahead, ']');
    toml_skip_space(&ahead);
    return closed && toml_at_line_end(&ahead);
}

/* Returns the place that closes the outermost open bracket; NULL when nothing closes it, or when a
 * string is not closed. */
static const char *find_closing_bracket(const struct toml_reader *reader)
{
    unsigned open = reader->open;
    for (const char *at = reader->at; at < reader->end; at++) {
        if (*at == '#') {
            at += str_index_of(str_bytes(at, (size_t)(reader->end - at)), '\n') - 1;
        } else if (*at == '"' || *at == '\'') {
            at = toml_string_end(at, reader->end, true);
            if (at == NULL)
                return NULL;
            at--;
        } else if (*at == '[' || *at == '{') {
            open++;
        } else if ((*at == ']' || *at == '}') && --open == 0) {
            return at;
        }
    }
    return NULL;
}

void toml_recover(struct toml_reader *reader, const struct toml_reader *start)
{
    const char *failed = reader->open == 0 ? reader->at : find_closing_bracket(reader);
    bool unclosed = failed == NULL;
    if (unclosed) {
        /* The open bracket or string has taken in statements on later lines. Start again at the
         * line after the failed statement, and skip lines that do not look like a statement. */
        reader->at = failed = start->at;
        reader->line = start->line;
        reader->line_start = start->line_start;
    }
    reader->open = 0;
    do
        toml_skip_line(reader);
    while (reader->at < reader->end &&
           (reader->at <= failed || (unclosed && !begins_statement(reader))));
}

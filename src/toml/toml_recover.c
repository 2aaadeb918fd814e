#include "toml/toml_internal.h"

/* Steps over the part of a key at the cursor without a look at its contents. */
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

/* True when the line at the cursor begins with "key =", or is a header. */
static bool begins_statement(const struct toml_reader *reader)
{
    struct toml_reader ahead = *reader;
    toml_skip_space(&ahead);
    bool is_header = toml_take(&ahead, '[');
    if (is_header)
        toml_take(&ahead, '[');
    do {
        toml_skip_space(&ahead);
        if (!skip_key(&ahead))
            return false;
    } while (toml_take(&ahead, '.'));
    if (!is_header)
        return toml_peek(&ahead) == '=';
    bool closed = toml_take(&ahead, ']');
    toml_take(&ahead, ']');
    toml_skip_space(&ahead);
    return closed && toml_at_line_end(&ahead);
}

/* Where the outermost of the open brackets is closed; NULL when it is not, or a string is not. */
static const char *find_close(const struct toml_reader *reader)
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
    const char *failed = reader->open == 0 ? reader->at : find_close(reader);
    bool swallowed = failed == NULL;
    if (swallowed) {
        /* What nobody closed has swallowed lines that were meant as statements, and maybe more. */
        reader->at = failed = start->at;
        reader->line = start->line;
        reader->line_start = start->line_start;
    }
    reader->open = 0;
    do
        toml_skip_line(reader);
    while (reader->at < reader->end &&
           (reader->at <= failed || (swallowed && !begins_statement(reader))));
}

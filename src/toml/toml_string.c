#include "toml/toml_internal.h"

#include "base/utf8.h"

/* Returns the number of quotes, one or three, that open and close the string at `at`. */
static size_t count_of_quotes(const char *at, const char *end, bool multiline)
{
    return multiline && end - at >= 3 && at[1] == at[0] && at[2] == at[0] ? 3 : 1;
}

const char *toml_string_end(const char *at, const char *end, bool multiline)
{
    char quote = *at;
    size_t quotes = count_of_quotes(at, end, multiline);
    for (at += quotes; at < end; at++) {
        if (*at == '\n' && quotes == 1)
            return NULL;
        if (*at == quote && (quotes == 1 || count_of_quotes(at, end, true) == 3)) {
            at += quotes;
            /* Up to five quotes may end a multi-line string: the last three close it, the others
             * belong to its contents. */
            for (unsigned more = 0; quotes == 3 && more < 2 && at < end && *at == quote; more++)
                at++;
            return at;
        }
        if (*at == '\\' && quote == '"' && end - at > 1 && at[1] != '\n')
            at++;
    }
    return NULL;
}

/* The functions below write at `out` and return the end of what they wrote. */

/* Writes a character as UTF-8. */
static char *put_character(char *out, uint32_t character)
{
    static const uint8_t lead[] = {0x00, 0xc0, 0xe0, 0xf0};
    unsigned followers = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    *out++ = (char)(lead[followers] | character >> (6 * followers));
    while (followers-- > 0)
        *out++ = (char)(0x80 | (character >> (6 * followers) & 0x3f));
    return out;
}

/* Reads the digits of \xHH, \uHHHH or \UHHHHHHHH, and writes the character. `place` is the place of
 * the backslash. */
static char *read_numbered(struct toml_reader *reader, struct toml_place place, unsigned digits,
                           char *out)
{
    uint32_t character = 0;
    for (unsigned i = 0; i < digits; i++) {
        unsigned digit = digit_value(toml_peek(reader));
        if (digit == 16) {
            toml_report_error(reader, place,
                              "expected %u hexadecimal digits in this escape sequence", digits);
            return out;
        }
        character = character << 4 | digit;
        reader->at++;
    }
    if (!utf8_is_character(character)) {
        toml_report_error(reader, place, "U+%04x is not a Unicode character", character);
        return out;
    }
    return put_character(out, character);
}

/* After a backslash at the end of a line: moves past all white space and newlines. Returns false,
 * without moving, when the line does not end there. */
static bool skip_line_continuation(struct toml_reader *reader)
{
    const char *start = reader->at;
    toml_skip_space(reader);
    if (!toml_accept_newline(reader)) {
        reader->at = start;
        return false;
    }
    do
        toml_skip_space(reader);
    while (toml_accept_newline(reader));
    return true;
}

/* Reads an escape sequence, with the cursor at its backslash, and writes the character. */
static char *read_escape(struct toml_reader *reader, bool multiline, char *out)
{
    static const char letters[] = "btnfre\"\\xuU";
    static const char meanings[] = "\b\t\n\f\r\x1b\"\\";
    const size_t numbered = sizeof meanings - 1;
    struct toml_place place = toml_here(reader);
    reader->at++;
    if (multiline && skip_line_continuation(reader))
        return out;
    size_t index = str_index_of(str_bytes(letters, sizeof letters - 1), toml_peek(reader));
    if (index == sizeof letters - 1) {
        toml_report_error(reader, place, "unknown escape sequence; expected \\\\ for a backslash");
        return out;
    }
    reader->at++;
    if (index >= numbered)
        return read_numbered(reader, place, 2U << (index - numbered), out);
    *out++ = meanings[index];
    return out;
}

bool toml_read_string(struct toml_reader *reader, bool multiline, struct str *contents)
{
    char quote = *reader->at;
    size_t quotes = count_of_quotes(reader->at, reader->end, multiline);
    const char *end = toml_string_end(reader->at, reader->end, multiline);
    if (end == NULL) {
        if (quotes == 3)
            reader->open++; /* as an open bracket, the string has taken in later lines */
        return toml_report_error(reader, toml_here(reader),
                                 "expected %.*s at the end of this string, found the end of the %s",
                                 (int)quotes, quote == '"' ? "\"\"\"" : "'''",
                                 quotes == 1 ? "line" : "text");
    }
    /* An escape sequence is never shorter than its character in UTF-8. */
    char *text = toml_allocate(reader, (size_t)(end - reader->at));
    char *out = text;
    if (text == NULL)
        return false;
    reader->at += quotes;
    if (quotes == 3)
        toml_accept_newline(reader);
    while (reader->at < end - quotes) {
        if (*reader->at == '\\' && quote == '"')
            out = read_escape(reader, quotes == 3, out);
        else if (toml_accept_newline(reader))
            *out++ = '\n';
        else
            *out++ = *reader->at++;
    }
    reader->at = end;
    *contents = str_bytes(text, (size_t)(out - text));
    return true;
}

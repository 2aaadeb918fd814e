#include "toml/toml_internal.h"

#include "base/format.h"
#include "base/utf8.h"

#include <string.h>

enum { MESSAGE_SIZE = 256, SHOWN_SIZE = 40 };

struct toml_place toml_here(const struct toml_reader *reader)
{
    return (struct toml_place){reader->line, (uint32_t)(reader->at - reader->line_start) + 1};
}

bool toml_report_error(struct toml_reader *reader, struct toml_place place, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    if (place.line <= reader->last_error_line || reader->errors >= TOML_MAX_ERRORS)
        return false;
    va_list arguments;
    va_start(arguments, format);
    format_text_va(message, sizeof message, format, arguments);
    va_end(arguments);
    reader->errors++;
    reader->last_error_line = place.line;
    reader->report(reader->context, place.line, place.column, message);
    return false;
}

bool toml_expected(struct toml_reader *reader, const char *what)
{
    struct str found = toml_word(reader);
    const char *quote = "'";
    if (found.length == 0 && reader->at < reader->end)
        found = str_bytes(reader->at, 1);
    if (toml_at_line_end(reader) && toml_peek(reader) != '#') {
        found = reader->at < reader->end ? STR("the end of the line") : STR("the end of the text");
        quote = "";
    }
    found = str_take(found, SHOWN_SIZE);
    return toml_report_error(reader, toml_here(reader), "expected %s, found %s%.*s%s", what, quote,
                             (int)found.length, found.data, quote);
}

void toml_no_memory(struct toml_reader *reader)
{
    reader->last_error_line = 0;
    toml_report_error(reader, ((struct toml_place){reader->line, 1}), "out of memory");
    reader->errors = TOML_MAX_ERRORS;
}

static bool is_control(char byte)
{
    return ((uint8_t)byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/* Reports the byte at the cursor, which TOML does not allow there. */
static void report_bad_byte(struct toml_reader *reader)
{
    uint8_t byte = (uint8_t)*reader->at;
    bool is_utf16 = byte == 0 || byte >= 0xfe;
    const char *why = is_utf16       ? "this is not UTF-8 text; is it UTF-16?"
                      : byte >= 0x80 ? "this is not UTF-8 text"
                      : byte == '\r'
                          ? "expected a line feed after a carriage return"
                          : "write control characters as \\xHH, in a string in double quotes";
    toml_report_error(reader, toml_here(reader), "byte 0x%02x: %s", byte, why);
    if (is_utf16)
        reader->errors = TOML_MAX_ERRORS;
}

/* Begins a line at the cursor, and checks that its bytes are UTF-8 without control characters. No
 * other function has to check this. */
static void start_line(struct toml_reader *reader)
{
    reader->line_start = reader->at;
    while (reader->at < reader->end && *reader->at != '\n') {
        size_t left = (size_t)(reader->end - reader->at);
        bool line_ends = *reader->at == '\r' && left > 1 && reader->at[1] == '\n';
        uint32_t character = 0;
        size_t length =
            is_control(*reader->at) && !line_ends ? 0 : utf8_decode(reader->at, left, &character);
        if (length == 0) {
            report_bad_byte(reader);
            break;
        }
        reader->at += length;
    }
    reader->at = reader->line_start;
}

void toml_start_reading(struct toml_reader *reader, struct str text)
{
    if (str_starts_with(text, STR("\xef\xbb\xbf")))
        text = str_skip(text, 3);
    reader->at = text.data;
    reader->end = text.data + text.length;
    start_line(reader);
}

bool toml_accept(struct toml_reader *reader, char byte)
{
    if (reader->at == reader->end || *reader->at != byte)
        return false;
    reader->at++;
    return true;
}

bool toml_accept_newline(struct toml_reader *reader)
{
    const char *start = reader->at;
    toml_accept(reader, '\r');
    if (!toml_accept(reader, '\n')) {
        reader->at = start;
        return false;
    }
    reader->line++;
    start_line(reader);
    return true;
}

void toml_skip_space(struct toml_reader *reader)
{
    while (toml_peek(reader) == ' ' || toml_peek(reader) == '\t')
        reader->at++;
}

void toml_skip_line(struct toml_reader *reader)
{
    size_t left = (size_t)(reader->end - reader->at);
    reader->at += str_index_of(str_bytes(reader->at, left), '\n');
    toml_accept_newline(reader);
}

void toml_skip_blank(struct toml_reader *reader)
{
    for (;;) {
        toml_skip_space(reader);
        if (toml_peek(reader) == '#')
            toml_skip_line(reader);
        else if (!toml_accept_newline(reader))
            return;
    }
}

bool toml_at_line_end(const struct toml_reader *reader)
{
    return reader->at == reader->end || strchr("\r\n#", *reader->at) != NULL;
}

struct str toml_word(const struct toml_reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && strchr(" \t\r\n,=#[]{}\"'", *at) == NULL)
        at++;
    return str_bytes(reader->at, (size_t)(at - reader->at));
}

static bool is_bare_key_byte(char byte)
{
    return is_alphanumeric(byte) || byte == '_' || byte == '-';
}

struct str toml_bare_key(const struct toml_reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && is_bare_key_byte(*at))
        at++;
    return str_bytes(reader->at, (size_t)(at - reader->at));
}

bool toml_at_quote(const struct toml_reader *reader)
{
    return toml_peek(reader) == '"' || toml_peek(reader) == '\'';
}

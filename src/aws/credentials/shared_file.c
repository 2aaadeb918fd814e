#include "aws/credentials/shared_file.h"

#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

void shared_reader_warn(struct shared_reader *reader, const char *at, const char *format, ...)
{
    const struct shared_place *place = &reader->current.place;
    char text[LIMIT_LOG_LINE / 2];
    va_list arguments;
    if (reader->said > LIMIT_SHARED_FILE_WARNINGS)
        return;
    va_start(arguments, format);
    format_text_va(text, sizeof text, format, arguments);
    va_end(arguments);
    log_once(LOG_LEVEL_WARN, "%s:%u:%u: %s", place->path, place->line,
             (unsigned)(at - reader->line_start) + 1,
             reader->said++ < LIMIT_SHARED_FILE_WARNINGS ? text : "from here on, there is more");
}

bool shared_file_check(const struct shared_file *file, struct error *error)
{
    const uint8_t *bytes = (const uint8_t *)file->text.data;
    if (file->text.length < 2 || (bytes[0] < 0xfe && bytes[0] != 0 && bytes[1] != 0))
        return true;
    return error_refuse(error, ERROR_CONFIGURATION,
                        "save it as UTF-8 in the editor (in Windows' Notepad: Save as, Encoding)",
                        "%s is UTF-16 text, which no AWS SDK reads", file->path);
}

/* Characters that look like a blank or like nothing. */
static bool is_invisible(uint32_t character)
{
    static const uint16_t ranges[][2] = {
        {0xa0, 0xa0},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e}, {0x2000, 0x200f},
        {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (character >= ranges[i][0] && character <= ranges[i][1])
            return true;
    return false;
}

/* Says the first byte of a line that a person does not see or did not mean. */
static void warn_of_odd_bytes(struct shared_reader *reader, struct str line)
{
    for (size_t i = 0; i < line.length;) {
        uint32_t character;
        size_t length = utf8_decode(line.data + i, line.length - i, &character);
        if (length == 0) {
            shared_reader_warn(
                reader, line.data + i,
                "this byte is not UTF-8, and some SDKs ignore the whole file; save it as "
                "UTF-8");
            return;
        }
        if (is_invisible(character) || (character < 0x20 && character != '\t') ||
            character == 0x7f) {
            shared_reader_warn(
                reader, line.data + i,
                "here is a character that one does not see (U+%04X); write the line anew",
                (unsigned)character);
            return;
        }
        i += length;
    }
}

static bool is_comment(struct str text)
{
    return text.length > 0 && (text.data[0] == '#' || text.data[0] == ';');
}

/* A comment mark counts only after white space: tokens may contain '#' and ';'. */
static struct str without_comment(struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        if (is_comment(str_skip(text, i)) && (i == 0 || is_space(text.data[i - 1])))
            return str_trim(str_take(text, i));
    return str_trim(text);
}

/* Python's shlex, which the AWS CLI uses here, takes away quotation marks. */
static struct str unquote_name(struct str name)
{
    bool quoted = name.length > 2 && (name.data[0] == '"' || name.data[0] == '\'') &&
                  name.data[name.length - 1] == name.data[0];
    return quoted ? str_skip(str_take(name, name.length - 1), 1) : name;
}

/* Reads a title in the config file: "default", or a kind and a name. */
static enum shared_section read_config_title(struct shared_reader *reader, struct str title,
                                             size_t kind, struct str *name)
{
    static const enum shared_section sections[] = {SECTION_PROFILE, SECTION_SERVICES, SECTION_OTHER,
                                                   SECTION_OTHER, SECTION_OTHER};
    static const char replaced[] = "[profile default] replaces [default]; remove one of them";
    bool is_default = str_equal(title, STR("default"));
    bool replaces = kind == 0 && str_equal(*name, STR("default"));
    if (is_default && !reader->default_is_replaced) {
        reader->default_is_there = true;
        *name = title;
        return SECTION_PROFILE;
    }
    if (is_default || (replaces && reader->default_is_there))
        shared_reader_warn(reader, title.data, replaced);
    else if (kind == SIZE_MAX)
        shared_reader_warn(reader, title.data,
                           "AWS's SDKs do not know this section; a profile is [profile NAME]");
    reader->current.replaces = replaces && !reader->default_is_replaced;
    reader->default_is_replaced = reader->default_is_replaced || replaces;
    if (kind == 0)
        *name = unquote_name(*name);
    return is_default || kind == SIZE_MAX ? SECTION_OTHER : sections[kind];
}

static enum shared_section read_title(struct shared_reader *reader, struct str title,
                                      struct str *name)
{
    /* The last two are of the AWS CLI, and have no name. */
    static const char kinds[] = "profile services sso-session plugins preview";
    enum { NAMED = 3 };
    size_t blank = 0;
    while (blank < title.length && !is_space(title.data[blank]))
        blank++;
    size_t kind = str_find_word(kinds, str_take(title, blank));
    *name = str_trim(str_skip(title, blank));
    if (kind != SIZE_MAX && (kind < NAMED) != (name->length > 0))
        kind = SIZE_MAX;
    if (reader->file->kind == SHARED_CONFIG_FILE)
        return read_config_title(reader, title, kind, name);
    if (kind < NAMED) {
        shared_reader_warn(
            reader, title.data,
            "this section counts in the config file only; here, a profile is [NAME]");
        return SECTION_OTHER;
    }
    *name = title;
    return SECTION_PROFILE;
}

static void read_heading(struct shared_reader *reader, struct str line)
{
    size_t end = str_index_of(line, ']');
    struct str title = str_trim(str_skip(str_take(line, end), 1));
    struct str after = str_trim(str_skip(line, end + 1));
    if (end == line.length) {
        title = without_comment(title);
        shared_reader_warn(reader, title.data + title.length,
                           "the section's name has no \"]\" at its end");
    }
    if (after.length > 0 && !is_comment(after))
        shared_reader_warn(reader, after.data,
                           "nothing but a comment may follow the section's name");
    reader->indentation_said = false;
    reader->current.key = (struct str){0};
    reader->current.replaces = false;
    reader->current.section = read_title(reader, title, &reader->current.name);
}

/* The sign between key and value: "=", or ":", which Python and Go also accept. */
static bool split_property(struct str line, struct str *key, struct str *value)
{
    size_t at = 0;
    while (at < line.length && line.data[at] != '=' && line.data[at] != ':')
        at++;
    *key = str_trim(str_take(line, at));
    *value = without_comment(str_skip(line, at + 1));
    return at < line.length && key->length > 0;
}

/* Python's reader, which the AWS CLI has, knows comments on a line of their own only. */
static void warn_of_comment(struct shared_reader *reader, struct str line, struct str value)
{
    struct str after = str_trim(str_skip(line, (size_t)(value.data - line.data) + value.length));
    if (after.length > 0)
        shared_reader_warn(reader, after.data,
                           "some SDKs take this comment as a part of the value; move it to a line "
                           "of its own");
}

static bool read_property(struct shared_reader *reader, struct str line)
{
    struct shared_line *current = &reader->current;
    bool complete = split_property(line, &current->key, &current->value);
    size_t colon = str_index_of(line, ':');
    if (current->section == SECTION_NONE)
        shared_reader_warn(reader, line.data,
                           "this line is not used: it is not in a section, as [default] is one");
    else if (!complete)
        shared_reader_warn(reader, line.data, "this line is not used: it is not KEY = VALUE");
    else if (colon < str_index_of(line, '='))
        shared_reader_warn(reader, line.data + colon,
                           "some SDKs do not read \":\" here; write \"=\"");
    else if (reader->indentation > 0 && !reader->indentation_said) {
        reader->indentation_said = true;
        shared_reader_warn(
            reader, line.data,
            "most SDKs do not read an indented key; remove the blanks in front of it");
    }
    if (!complete || current->section == SECTION_NONE)
        current->key = (struct str){0};
    else
        warn_of_comment(reader, line, current->value);
    return current->key.length > 0;
}

/* A line that is indented more than the key above belongs to it: it continues the value, or, when
 * there is none, it is a property of its own below the key. */
static bool read_nested(struct shared_reader *reader, struct str text, struct shared_line *line)
{
    *line = reader->current;
    line->parent = reader->current.key;
    if (reader->current.value.length == 0 && split_property(text, &line->key, &line->value))
        return true;
    if (line->section == SECTION_PROFILE || line->section == SECTION_SERVICES)
        shared_reader_warn_nested(reader, text.data);
    return false;
}

void shared_reader_warn_nested(struct shared_reader *reader, const char *at)
{
    shared_reader_warn(reader, at,
                       "this line is indented and so belongs to the key above; remove the blanks "
                       "in front of it");
}

void shared_reader_start(struct shared_reader *reader, const struct shared_file *file)
{
    bool marked = str_starts_with(file->text, STR("\xef\xbb\xbf"));
    *reader = (struct shared_reader){.file = file, .rest = str_skip(file->text, marked ? 3 : 0)};
    reader->current.place.path = file->path;
}

bool shared_reader_next(struct shared_reader *reader, struct shared_line *line)
{
    struct str text;
    while (str_next_line(&reader->rest, &text)) {
        struct str content = str_trim(text);
        reader->current.place.line++;
        reader->line_start = text.data;
        warn_of_odd_bytes(reader, text);
        if (content.length == 0 || is_comment(content))
            continue;
        size_t indentation = (size_t)(content.data - text.data);
        bool heading = content.data[0] == '[';
        reader->current.place.column = (uint32_t)indentation + 1;
        if (reader->current.key.length > 0 && indentation > reader->indentation) {
            if (read_nested(reader, content, line))
                return true;
            continue;
        }
        reader->indentation = indentation;
        if (heading)
            read_heading(reader, content);
        if (heading || read_property(reader, content)) {
            *line = reader->current;
            return true;
        }
    }
    return false;
}

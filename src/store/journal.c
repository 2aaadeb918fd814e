#include "store/journal.h"

#include "base/format.h"
#include "base/random.h"

#include <string.h>

#define JOURNAL_HEADING "wcp-journal 1"
#define TEMPORARY_SUFFIX ".wcp-new"

bool journal_write(const struct journal *journal, struct buf *out)
{
    size_t start = out->length;
    char checksum[SHA256_HEX_SIZE];
    buf_format(out, "%s\ngeneration %s\n", JOURNAL_HEADING, journal->generation);
    for (size_t i = 0; i < journal->count; i++)
        buf_format(out, "member %s %.*s\n", journal->members[i].hash,
                   (int)journal->members[i].path.length, journal->members[i].path.data);
    if (out->failed)
        return false;
    sha256_hex(str_skip(buf_str(out), start), checksum);
    return buf_format(out, "end %s\n", checksum);
}

/* The functions below read the beginning of `text` and move past it. They return false for anything
 * else. This one reads `count` lower-case hexadecimal digits into `out` and terminates them. */
static bool parse_hex(struct str *text, size_t count, char *out)
{
    if (text->length < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        char digit = text->data[i];
        if (!is_digit(digit) && (digit < 'a' || digit > 'f'))
            return false;
        out[i] = digit;
    }
    out[count] = '\0';
    *text = str_skip(*text, count);
    return true;
}

static bool skip_word(struct str *text, struct str word)
{
    if (!str_starts_with(*text, word))
        return false;
    *text = str_skip(*text, word.length);
    return true;
}

static bool is_path(struct str text)
{
    if (text.length < 2 || text.data[0] != '/')
        return false;
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return true;
}

static bool parse_member(struct str line, struct journal *journal)
{
    if (journal->count == JOURNAL_MAX_MEMBERS)
        return false;
    struct journal_member *member = &journal->members[journal->count];
    if (!skip_word(&line, STR("member ")) || !parse_hex(&line, SHA256_HEX_SIZE - 1, member->hash) ||
        !skip_word(&line, STR(" ")) || !is_path(line))
        return false;
    for (size_t i = 0; i < journal->count; i++)
        if (str_equal(journal->members[i].path, line))
            return false;
    member->path = line;
    journal->count++;
    return true;
}

static bool parse_end(struct str line, struct str before)
{
    char stated[SHA256_HEX_SIZE];
    char computed[SHA256_HEX_SIZE];
    sha256_hex(before, computed);
    return skip_word(&line, STR("end ")) && parse_hex(&line, SHA256_HEX_SIZE - 1, stated) &&
           line.length == 0 && strcmp(stated, computed) == 0;
}

static bool parse_lines(struct str text, struct journal *journal)
{
    struct str rest = text;
    struct str line = {0};
    *journal = (struct journal){0};
    if (text.length == 0 || text.data[text.length - 1] != '\n' || !str_next(&rest, '\n', &line) ||
        !str_equal(line, STR(JOURNAL_HEADING)))
        return false;
    if (!str_next(&rest, '\n', &line) || !skip_word(&line, STR("generation ")) ||
        !parse_hex(&line, GENERATION_SIZE - 1, journal->generation) || line.length > 0)
        return false;
    while (str_next(&rest, '\n', &line)) {
        if (parse_member(line, journal))
            continue;
        struct str before = str_take(text, (size_t)(line.data - text.data));
        return rest.length == 0 && journal->count > 0 && parse_end(line, before);
    }
    return false;
}

bool journal_parse(struct str text, struct journal *journal, struct error *error)
{
    if (parse_lines(text, journal))
        return true;
    return error_set(error, ERROR_PERMANENT, "the journal is damaged");
}

void journal_name(const char *certificate_name, char *out, size_t size)
{
    format_text(out, size, ".%s.wcp-journal", certificate_name);
}

void temporary_name(const char *target_name, const char *generation, char *out, size_t size)
{
    format_text(out, size, ".%s.%s%s", target_name, generation, TEMPORARY_SUFFIX);
}

bool temporary_name_is_likely(struct str name)
{
    return str_starts_with(name, STR(".")) && str_ends_with(name, STR(TEMPORARY_SUFFIX));
}

bool temporary_name_parse(struct str name, const char *target_name,
                          char generation[GENERATION_SIZE])
{
    return skip_word(&name, STR(".")) && skip_word(&name, str_from(target_name)) &&
           skip_word(&name, STR(".")) && parse_hex(&name, GENERATION_SIZE - 1, generation) &&
           str_equal(name, STR(TEMPORARY_SUFFIX));
}

bool generation_new(char generation[GENERATION_SIZE])
{
    uint8_t bytes[(GENERATION_SIZE - 1) / 2];
    if (!random_fill(bytes, sizeof bytes))
        return false;
    hex_encode(bytes, sizeof bytes, generation);
    return true;
}

#include "store/journal.h"

#include "base/format.h"
#include "base/random.h"

#include <string.h>

static const char heading[] = "wcp-journal 2";
static const char heading_without_old_versions[] = "wcp-journal 1";

/* The words of the text, by their value. */
static const char *const direction_words[] = {
    [JOURNAL_FORWARD] = "forward", [JOURNAL_BACK] = "back", NULL};
static const char *const before_words[] = {
    [BEFORE_DONE] = "done", [BEFORE_HOOK_DUE] = "hook-due", [BEFORE_UNSETTLED] = "unsettled", NULL};
static const char *const version_words[] = {[VERSION_ABSENT] = "absent",
                                            [VERSION_FILE] = "file",
                                            [VERSION_LINK] = "link",
                                            [VERSION_UNREADABLE] = "unreadable",
                                            NULL};
static const char *const temporary_suffixes[] = {
    [TEMPORARY_NEW] = ".wcp-new", [TEMPORARY_OLD] = ".wcp-old", NULL};

static void write_member(const struct journal_member *member, bool has_old_version, struct buf *out)
{
    buf_format(out, "member %s %.*s\n", member->hash, (int)member->path.length, member->path.data);
    if (!has_old_version)
        return;
    buf_format(out, "old %s", version_words[member->old.kind]);
    if (member->old.kind != VERSION_ABSENT)
        buf_format(out, " %s", member->old.hash);
    buf_append_byte(out, '\n');
}

bool journal_write(const struct journal *journal, struct buf *out)
{
    size_t start = out->length;
    char checksum[SHA256_HEX_SIZE];
    buf_format(out, "%s\ngeneration %s\n",
               journal->has_old_versions ? heading : heading_without_old_versions,
               journal->generation);
    if (journal->has_old_versions)
        buf_format(out, "direction %s\nbefore %s\n", direction_words[journal->direction],
                   before_words[journal->before]);
    for (size_t i = 0; i < journal->count; i++)
        write_member(&journal->members[i], journal->has_old_versions, out);
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

/* Reads one of the words as the rest of the line, or up to a space. */
static bool parse_word(struct str *text, const char *const words[], unsigned *index)
{
    size_t length = 0;
    while (length < text->length && text->data[length] != ' ')
        length++;
    for (*index = 0; words[*index] != NULL; ++*index)
        if (str_equal(str_take(*text, length), str_from(words[*index]))) {
            *text = str_skip(*text, length);
            return true;
        }
    return false;
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

static bool parse_old_version(struct str line, struct version *old)
{
    unsigned kind = 0;
    if (!skip_word(&line, STR("old ")) || !parse_word(&line, version_words, &kind))
        return false;
    old->kind = (enum version_kind)kind;
    return (old->kind == VERSION_ABSENT ||
            (skip_word(&line, STR(" ")) && parse_hex(&line, SHA256_HEX_SIZE - 1, old->hash))) &&
           line.length == 0;
}

static bool parse_end(struct str line, struct str before)
{
    char stated[SHA256_HEX_SIZE];
    char computed[SHA256_HEX_SIZE];
    sha256_hex(before, computed);
    return skip_word(&line, STR("end ")) && parse_hex(&line, SHA256_HEX_SIZE - 1, stated) &&
           line.length == 0 && strcmp(stated, computed) == 0;
}

/* Reads the next line, which must be `word` and one of `words`. */
static bool parse_choice(struct str *rest, struct str word, const char *const words[],
                         unsigned *index)
{
    struct str line;
    return str_next(rest, '\n', &line) && skip_word(&line, word) &&
           parse_word(&line, words, index) && line.length == 0;
}

/* Reads the lines before the members. */
static bool parse_head(struct str *rest, struct journal *journal)
{
    struct str line;
    unsigned direction = 0;
    unsigned before = 0;
    if (!str_next(rest, '\n', &line))
        return false;
    journal->has_old_versions = str_equal(line, str_from(heading));
    if ((!journal->has_old_versions && !str_equal(line, str_from(heading_without_old_versions))) ||
        !str_next(rest, '\n', &line) || !skip_word(&line, STR("generation ")) ||
        !parse_hex(&line, GENERATION_SIZE - 1, journal->generation) || line.length > 0)
        return false;
    if (journal->has_old_versions &&
        (!parse_choice(rest, STR("direction "), direction_words, &direction) ||
         !parse_choice(rest, STR("before "), before_words, &before)))
        return false;
    journal->direction = (enum journal_direction)direction;
    journal->before = (enum journal_before)before;
    return true;
}

static bool parse_lines(struct str text, struct journal *journal)
{
    struct str rest = text;
    struct str line = {0};
    *journal = (struct journal){0};
    if (text.length == 0 || text.data[text.length - 1] != '\n' || !parse_head(&rest, journal))
        return false;
    while (str_next(&rest, '\n', &line)) {
        if (parse_member(line, journal)) {
            struct version *old = &journal->members[journal->count - 1].old;
            if (!journal->has_old_versions ||
                (str_next(&rest, '\n', &line) && parse_old_version(line, old)))
                continue;
            return false;
        }
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

void temporary_name(const char *target_name, const char *generation, enum temporary which,
                    char out[NAME_MAX + 1])
{
    format_text(out, NAME_MAX + 1, ".%s.%s%s", target_name, generation, temporary_suffixes[which]);
}

bool temporary_name_is_likely(struct str name)
{
    return str_starts_with(name, STR(".")) &&
           (str_ends_with(name, str_from(temporary_suffixes[TEMPORARY_NEW])) ||
            str_ends_with(name, str_from(temporary_suffixes[TEMPORARY_OLD])));
}

bool temporary_name_parse(struct str name, const char *target_name,
                          char generation[GENERATION_SIZE])
{
    unsigned which = 0;
    return skip_word(&name, STR(".")) && skip_word(&name, str_from(target_name)) &&
           skip_word(&name, STR(".")) && parse_hex(&name, GENERATION_SIZE - 1, generation) &&
           parse_word(&name, temporary_suffixes, &which) && name.length == 0;
}

bool generation_new(char generation[GENERATION_SIZE])
{
    uint8_t bytes[(GENERATION_SIZE - 1) / 2];
    if (!random_fill(bytes, sizeof bytes))
        return false;
    hex_encode(bytes, sizeof bytes, generation);
    return true;
}

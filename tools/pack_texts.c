/* Stands in for the assembler when the static binary is linked: packs the texts in what the
 * compiler made (src/base/text.h says which and what for), then calls the assembler itself.
 *
 *   as OPTION... FILE.s
 *
 * Byte pair encoding: the pair of bytes that is most frequent becomes a code, again and again,
 * until there are no more codes. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The Makefile says which. */
#ifndef ASSEMBLER
#define ASSEMBLER "as"
#endif

enum { MARK = 1, MOST_TEXTS = 4000, MOST_BYTES = 1 << 18, LONGEST_LINE = 8192, LONGEST_LABEL = 64 };
enum { TEXT_MOST = 512 }; /* of src/base/text.h */

static struct text {
    char label[LONGEST_LABEL];
    unsigned char *bytes; /* without the mark; terminated */
} texts[MOST_TEXTS];
static size_t text_count;

static unsigned char storage[MOST_BYTES];
static size_t stored;

static unsigned char pairs[256][2]; /* by code */

static void refuse(const char *what, const char *name)
{
    fprintf(stderr, "pack_texts: %s: %s\n", name, what);
    exit(1);
}

/* Codes are what no text may hold: beyond ASCII, and control characters but the newline. The
 * decoder takes what is below a space as a signed character. */
static bool is_code(unsigned byte)
{
    return byte >= 0x80 || (byte < ' ' && byte != '\n' && byte != '\0');
}

/* ".LC12:"; compilers for MIPS write "$LC12:". */
static bool is_label(const char *line)
{
    size_t length = strlen(line);
    return (line[0] == '.' || line[0] == '$') && strncmp(line + 1, "LC", 2) == 0 &&
           length < LONGEST_LABEL && line[length - 2] == ':';
}

/* Where the bytes begin, if the line holds a string; else NULL. */
static const char *string_in(const char *line, bool *terminated)
{
    while (*line == ' ' || *line == '\t')
        line++;
    *terminated = strncmp(line, ".string", 7) == 0;
    if (!*terminated && strncmp(line, ".ascii", 6) != 0)
        return NULL;
    const char *quote = strchr(line, '"');
    return quote == NULL ? NULL : quote + 1;
}

static unsigned char unescape(const char **at)
{
    static const char names[] = "btnfr";
    static const char values[] = "\b\t\n\f\r";
    if (**at != '\\')
        return (unsigned char)*(*at)++;
    (*at)++;
    unsigned value = 0;
    int digits = 0;
    for (; digits < 3 && **at >= '0' && **at <= '7'; digits++)
        value = value * 8 + (unsigned)(*(*at)++ - '0');
    if (digits > 0)
        return (unsigned char)value;
    char letter = *(*at)++;
    const char *name = strchr(names, letter);
    return (unsigned char)(name != NULL ? values[name - names] : letter);
}

/* Adds the string of one line to what is stored; true once it is terminated. */
static bool add_string(const char *at, bool terminated)
{
    while (*at != '"') {
        if (stored + 2 > MOST_BYTES)
            refuse("too much", "texts");
        storage[stored++] = unescape(&at);
    }
    if (terminated)
        storage[stored++] = '\0';
    return stored > 0 && storage[stored - 1] == '\0';
}

static void check_text(const struct text *text)
{
    if (strlen((const char *)text->bytes) >= TEXT_MOST)
        refuse("is longer than TEXT_MOST", (const char *)text->bytes);
    for (const unsigned char *at = text->bytes; *at != '\0'; at++)
        if (is_code(*at))
            refuse("holds a character that cannot be packed", (const char *)text->bytes);
}

/* `line` is the first of a text, behind its label; reads what belongs to it. */
static void take_text(FILE *in, const char *label, char line[LONGEST_LINE])
{
    bool terminated;
    const char *at = string_in(line, &terminated);
    size_t start = stored;
    while (!add_string(at, terminated))
        if (fgets(line, LONGEST_LINE, in) == NULL || (at = string_in(line, &terminated)) == NULL)
            refuse("has no end", label);
    if (text_count == MOST_TEXTS)
        refuse("too many", "texts");
    struct text *text = &texts[text_count++];
    memcpy(text->label, label, strlen(label) + 1);
    text->bytes = storage + start + 1;
    check_text(text);
}

static bool begins_text(const char *line)
{
    bool terminated;
    const char *at = string_in(line, &terminated);
    return at != NULL && *at == '\\' && unescape(&at) == MARK;
}

/* Copies all but the texts, and gathers those. */
static void gather(FILE *in, FILE *out)
{
    char line[LONGEST_LINE];
    char label[LONGEST_LINE] = "";
    while (fgets(line, sizeof line, in) != NULL) {
        if (label[0] != '\0' && begins_text(line)) {
            take_text(in, label, line);
            label[0] = '\0';
            continue;
        }
        fputs(label, out);
        label[0] = '\0';
        if (is_label(line))
            memcpy(label, line, sizeof label);
        else
            fputs(line, out);
    }
    fputs(label, out);
}

/* The most frequent pair; of several the first in order. Returns how often it stands there. */
static size_t most_frequent(unsigned char pair[2])
{
    static size_t counts[256][256];
    memset(counts, 0, sizeof counts);
    for (size_t i = 0; i < text_count; i++)
        for (const unsigned char *at = texts[i].bytes; at[0] != '\0' && at[1] != '\0'; at++) {
            counts[at[0]][at[1]]++;
            at += at[0] == at[1] && at[1] == at[2]; /* three equal ones are one pair */
        }
    size_t most = 0;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++)
            if (counts[first][second] > most) {
                most = counts[first][second];
                pair[0] = (unsigned char)first;
                pair[1] = (unsigned char)second;
            }
    return most;
}

static void replace(const unsigned char pair[2], unsigned code)
{
    for (size_t i = 0; i < text_count; i++) {
        unsigned char *to = texts[i].bytes;
        for (const unsigned char *from = to; *from != '\0'; to++) {
            bool found = from[0] == pair[0] && from[1] == pair[1];
            *to = found ? (unsigned char)code : *from;
            from += found ? 2 : 1;
        }
        *to = '\0';
    }
}

static void pack(void)
{
    for (unsigned code = 1; code < 256; code++)
        if (is_code(code) && most_frequent(pairs[code]) > 0)
            replace(pairs[code], code);
}

static void write_texts(FILE *out)
{
    fputs("\t.section .rodata.texts,\"a\"\n"
          "\t.globl text_pairs, texts_begin, texts_end\n"
          "\t.hidden text_pairs, texts_begin, texts_end\n"
          "text_pairs:\n",
          out);
    for (unsigned i = 0; i < 128 + ' '; i++)
        fprintf(out, "\t.byte %u,%u\n", pairs[(i + 128) % 256][0], pairs[(i + 128) % 256][1]);
    fputs("texts_begin:\n", out);
    for (size_t i = 0; i < text_count; i++) {
        fputs(texts[i].label, out);
        for (const unsigned char *at = texts[i].bytes; *at != '\0'; at++)
            fprintf(out, "\t.byte %u\n", *at);
        fputs("\t.byte 0\n", out);
    }
    fputs("texts_end:\n", out);
}

static void pack_file(const char *path)
{
    FILE *in = fopen(path, "r");
    FILE *out = tmpfile();
    if (in == NULL || out == NULL)
        refuse("cannot be read", path);
    gather(in, out);
    fclose(in);
    if (text_count == 0)
        return;
    pack();
    write_texts(out);
    rewind(out);
    FILE *packed = fopen(path, "w");
    if (packed == NULL)
        refuse("cannot be written", path);
    for (int byte = getc(out); byte != EOF; byte = getc(out))
        putc(byte, packed);
    if (fclose(packed) != 0 || ferror(out) != 0)
        refuse("cannot be written", path);
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        const char *end = strrchr(arguments[i], '.');
        if (end != NULL && strcmp(end, ".s") == 0)
            pack_file(arguments[i]);
    }
    execvp(ASSEMBLER, arguments);
    refuse("cannot be started", ASSEMBLER);
}

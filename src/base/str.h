/* Text that knows its length: bytes that somebody else owns. */
#ifndef WCP_BASE_STR_H
#define WCP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `length` bytes at `data`, borrowed and not terminated. `data` may be NULL when `length` is 0. */
struct str {
    const char *data;
    size_t length;
};

/* A string literal as a str. It may be used in initialisers. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

/* Returns strlen(3) of `text`, and 0 for NULL. */
static inline size_t text_length(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

/* The bytes of a terminated string without its terminator. NULL gives an empty str. */
static inline struct str str_from(const char *text)
{
    return (struct str){text, text_length(text)};
}

/* `length` bytes at `data`. */
static inline struct str str_bytes(const void *data, size_t length)
{
    return (struct str){data, length};
}

bool str_equal(struct str a, struct str b);
/* As str_equal, but ASCII letters compare without regard to case. */
bool str_equal_ignore_case(struct str a, struct str b);
/* Returns true when both terminated strings are equal, or both are NULL. */
bool text_equal(const char *a, const char *b);
bool str_starts_with(struct str text, struct str prefix);
bool str_ends_with(struct str text, struct str suffix);

/* Returns the index of the first `byte` in `text`, or `text.length` when there is none. */
size_t str_index_of(struct str text, char byte);
bool str_holds(struct str text, char byte);
/* Returns true when `text` is not empty and holds only ASCII letters, digits and bytes of
 * `others`. */
bool str_consists_of(struct str text, struct str others);
/* Returns the index of the first `needle` in `text`; `text.length` when there is none, or `needle`
 * is empty. */
size_t str_search(struct str text, struct str needle);

/* `text` without its first `count` bytes; empty when it has fewer. */
static inline struct str str_skip(struct str text, size_t count)
{
    size_t skipped = count < text.length ? count : text.length;
    if (skipped == 0) /* `data` may be NULL, to which C does not define an addition */
        return text;
    return (struct str){text.data + skipped, text.length - skipped};
}
/* The first `count` bytes of `text`; all of it when it has fewer. */
static inline struct str str_take(struct str text, size_t count)
{
    return (struct str){text.data, count < text.length ? count : text.length};
}
/* `text` without space, tab, CR, LF, VT and FF at both ends. */
struct str str_trim(struct str text);

/* Puts the text before the next `separator` into `part`, and moves `rest` past the separator. The
 * last part ends where `rest` ends; `rest->data` is then NULL. Returns false when it is NULL
 * already. An empty part after a trailing separator counts as a part. */
bool str_next(struct str *rest, char separator, struct str *part);
/* Puts the next line of `rest` into `line`, without its LF or CR LF. Returns false at the end. */
bool str_next_line(struct str *rest, struct str *line);

/* Returns the index of the word that equals `text` but for the case of letters, among `words` that
 * are separated by single blanks; SIZE_MAX when there is none. */
size_t str_find_word(const char *words, struct str text);
/* Returns the word with this index, which must exist. */
struct str str_word(const char *words, size_t index);

/* Reads all of `text` as a decimal number without a sign. Returns false when it is empty, holds
 * another byte than digits, or exceeds `max`. */
bool str_to_unsigned(struct str text, uint64_t max, uint64_t *number);

/* Returns a terminated copy, which the caller frees; NULL when memory is short. */
char *str_duplicate(struct str text);

/* Classes of ASCII bytes; the locale does not matter. */
bool is_space(char byte);
bool is_digit(char byte);
bool is_alphanumeric(char byte);
/* Returns the lower-case letter of an ASCII letter, and any other byte unchanged. */
char to_lower(char byte);
/* Returns the value of a hexadecimal digit, 0 to 15, or 16 for any other byte. */
unsigned digit_value(char byte);

#endif

/* Borrowed bytes that know their length: how text travels through the agent. */
#ifndef WCP_BASE_STR_H
#define WCP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `length` bytes at `data`, owned by somebody else, not terminated. `data` may be NULL when
 * `length` is 0. Aligned as a whole, since compilers for 32 bits keep only such a struct of two
 * words in registers. */
struct str {
    const char *data;
    size_t length;
} __attribute__((aligned(8)));

/* A string literal as a str, usable in initialisers. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

/* strlen(3), and 0 for NULL. Compilers would repeat it in a hundred places; linking makes one of
 * them all. */
__attribute__((noinline, unused)) static size_t text_length(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

/* The bytes of a terminated string, the terminator excluded; NULL gives the empty str. */
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
/* As str_equal; ASCII letters compare without regard to case. */
bool str_equal_ignore_case(struct str a, struct str b);
bool str_starts_with(struct str text, struct str prefix);
bool str_ends_with(struct str text, struct str suffix);

/* Index of the first `byte` in `text`, or `text.length` when there is none. */
size_t str_index_of(struct str text, char byte);
bool str_holds(struct str text, char byte);
/* True for one or more ASCII letters, digits and bytes of `others`. */
bool str_consists_of(struct str text, struct str others);
/* Index of the first occurrence of `needle`, or `text.length` when there is none. */
size_t str_search(struct str text, struct str needle);

/* `text` without its first `count` bytes (all of them when it is shorter). */
static inline struct str str_skip(struct str text, size_t count)
{
    size_t skipped = count < text.length ? count : text.length;
    /* As a number, since C does not define adding 0 to NULL. */
    return (struct str){(const char *)((uintptr_t)text.data + skipped), text.length - skipped};
}
/* The first `count` bytes of `text` (all of them when it is shorter). */
static inline struct str str_take(struct str text, size_t count)
{
    return (struct str){text.data, count < text.length ? count : text.length};
}
/* `text` without space, tab, CR, LF, VT and FF at both ends. */
struct str str_trim(struct str text);

/* Takes from `rest` what stands before the next `separator` and moves `rest` past it.
 * False when `rest` is used up: data NULL says so, so that a trailing empty part is still
 * delivered. */
bool str_next(struct str *rest, char separator, struct str *part);
/* The next line of `rest` without its LF or CR LF; false at the end. */
bool str_next_line(struct str *rest, struct str *line);

/* Reads all of `text` as a decimal number without sign; false when it is empty, has another byte or
 * exceeds `most`. */
bool str_to_unsigned(struct str text, uint64_t most, uint64_t *number);

/* A terminated copy from malloc; the caller frees it. NULL when there is no memory. */
char *str_duplicate(struct str text);

bool is_space(char byte);
bool is_digit(char byte);
bool is_alphanumeric(char byte);
char to_lower(char byte);
/* The value of a digit in a base up to 16; 16 for other bytes. */
unsigned digit_value(char byte);

#endif

/* Private to the files of the TOML parser: the tree under construction, and the reader, whose
 * cursor moves through the text. */
#ifndef WCP_TOML_TOML_INTERNAL_H
#define WCP_TOML_TOML_INTERNAL_H

#include "toml/toml.h"

/* The origin of an array or table decides what may still add members to it. */
enum toml_origin {
    /* An array or inline table: nothing may, once it is closed. */
    TOML_FROM_VALUE,
    /* A table that so far only a longer header named, as a in [a.b]: its own header may, longer
     * headers, and dotted keys. */
    TOML_FROM_SUBTABLE,
    /* A table or an array of tables with a header of its own: longer headers may. */
    TOML_FROM_HEADER,
    /* A table named by a dotted key: dotted keys of the same table may, and longer headers. */
    TOML_FROM_DOTTED,
};

/* A value, with fields that only the parser needs. */
struct toml_node {
    struct toml_value value;     /* must be first: pointers to it are cast to the node */
    struct toml_node *last;      /* the last child */
    struct toml_node *branch[2]; /* a search tree of the members of a table, see toml_find */
    uint8_t origin;              /* an enum toml_origin */
    uint8_t depth;               /* 0 for the root */
};

/* Both count from 1, columns in bytes. */
struct toml_place {
    uint32_t line;
    uint32_t column;
};

struct toml_reader {
    const char *at; /* the next byte */
    const char *end;
    const char *line_start;
    uint32_t line;
    uint32_t last_error_line; /* 0 before the first error */
    unsigned errors;          /* TOML_MAX_ERRORS ends the parsing */
    unsigned open;            /* open brackets and braces at the cursor, and an unclosed string */
    bool header_lost;         /* a header could not be read, so the parent of later tables may be
                                 unknown */
    toml_report report;
    void *context;
    struct toml_document *document;
};

/* --- toml.c: the tree. Functions that allocate return NULL after they reported that memory is
 * short. --- */

/* Allocates `size` zero bytes, which live as long as the document. */
void *toml_allocate(struct toml_reader *reader, size_t size);
/* Allocates an empty node, one level below `parent`; does not append it to `parent`. */
struct toml_node *toml_new_node(struct toml_reader *reader, const struct toml_node *parent,
                                struct toml_place place);
/* Makes `node` the last child of `parent`. */
void toml_append(struct toml_node *parent, struct toml_node *node);
/* Returns the member with this key. Returns NULL when there is none; `slot` is then the pointer of
 * the search tree that has to point to a new member with this key, or NULL in an empty table. */
struct toml_node *toml_find(const struct toml_node *table, struct str key,
                            struct toml_node ***slot);

/* --- toml_reader.c: the cursor, white space, errors --- */

/* Sets the cursor to the first line of `text`, after a byte order mark if there is one. */
void toml_start_reading(struct toml_reader *reader, struct str text);
/* Returns the byte at the cursor; 0 at the end. */
static inline char toml_peek(const struct toml_reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}
/* Moves past `byte`. Returns false, without moving, when the cursor is at another byte. */
bool toml_accept(struct toml_reader *reader, char byte);
/* Moves past LF or CR LF, and checks the bytes of the next line. Returns false, without moving,
 * when the cursor is not at a newline. */
bool toml_accept_newline(struct toml_reader *reader);
/* Moves past spaces and tabs. */
void toml_skip_space(struct toml_reader *reader);
/* Moves past spaces, tabs, comments and newlines. */
void toml_skip_blank(struct toml_reader *reader);
/* Moves to the beginning of the next line. */
void toml_skip_line(struct toml_reader *reader);
/* Returns true at a newline, at a comment, and at the end of the text. */
bool toml_at_line_end(const struct toml_reader *reader);
/* Returns the text from the cursor up to white space or punctuation; may be empty. */
struct str toml_word(const struct toml_reader *reader);
/* Returns the bytes at the cursor that a key without quotes may hold; may be empty. */
struct str toml_bare_key(const struct toml_reader *reader);
/* Returns true when the cursor is at a quote, where a string begins. */
bool toml_at_quote(const struct toml_reader *reader);
/* Returns the place of the cursor. */
struct toml_place toml_here(const struct toml_reader *reader);

/* Reports an error, unless one was reported for this line or a later one: mostly the first error
 * causes the second. Always returns false. */
bool toml_report_error(struct toml_reader *reader, struct toml_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports "expected `what`, found" and the text at the cursor. Always returns false. */
bool toml_expected(struct toml_reader *reader, const char *what);
/* Reports that memory is short, and ends the parsing. */
void toml_no_memory(struct toml_reader *reader);

/* --- Values other than arrays and tables. These functions return false when an error leaves the
 * cursor inside of the value. After an error that does not, they return true with an unspecified
 * value: parsing can continue after it. --- */

/* toml_string.c: reads the string at the cursor, which is at a quote. Only with `multiline` may
 * three quotes open it. */
bool toml_read_string(struct toml_reader *reader, bool multiline, struct str *contents);
/* Returns the end of the string that begins with a quote at `at`, after its closing quotes; NULL
 * when it is not closed before `end`. */
const char *toml_string_end(const char *at, const char *end, bool multiline);
/* toml_scalar.c: reads the boolean, number, date or time at the cursor. */
bool toml_read_scalar(struct toml_reader *reader, struct toml_value *value);

/* --- toml_recover.c: continuing after an error --- */

/* Moves to the line where parsing continues. `start` is the reader as it was at the beginning of
 * the statement that failed. */
void toml_recover(struct toml_reader *reader, const struct toml_reader *start);

/* --- toml_grammar.c --- */

/* Reads the whole text into `root`. */
void toml_read_document(struct toml_reader *reader, struct toml_node *root);

#endif

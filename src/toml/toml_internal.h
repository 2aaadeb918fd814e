/* What the files of the TOML parser share: the tree under construction, and the cursor that moves
 * through the text. */
#ifndef WCP_TOML_TOML_INTERNAL_H
#define WCP_TOML_TOML_INTERNAL_H

#include "toml/toml.h"

/* What made an array or a table decides who may still add to it. */
enum toml_origin {
    TOML_FROM_VALUE,    /* an array or inline table: nobody, once it is closed */
    TOML_FROM_SUBTABLE, /* a table that only a longer [header] named: its own header and dotted
                           keys, too */
    TOML_FROM_HEADER,   /* a [header] or [[header]] of its own: longer headers */
    TOML_FROM_DOTTED,   /* a dotted key: more dotted keys of the same table, and longer headers */
};

/* A value and what only its construction needs. */
struct toml_node {
    struct toml_value value;     /* comes first, so that a pointer to it is one to the node */
    struct toml_node *last;      /* of the children */
    struct toml_node *branch[2]; /* other members of the same table, see toml_find */
    uint8_t origin;
    uint8_t depth; /* the root has 0 */
};

struct toml_place {
    uint32_t line;
    uint32_t column;
};

struct toml_reader {
    const char *at; /* the next byte */
    const char *end;
    const char *line_start;
    uint32_t line;
    uint32_t last_error_line; /* 0: there was no error. A line gets one report, and none is made for
                                 earlier lines */
    unsigned errors;          /* TOML_MOST_ERRORS ends the parsing */
    unsigned open;            /* brackets and braces around the cursor, and an unclosed string */
    bool lost; /* a header could not be read: what later headers belong to is unknown */
    toml_report report;
    void *context;
    struct toml_document *document;
};

/* --- toml.c: the tree. NULL means that memory is short, which has then been reported. --- */

/* `size` bytes that live as long as the document. */
void *toml_allocate(struct toml_reader *reader, size_t size);
/* A node without contents one level below `parent`, which does not know it yet. */
struct toml_node *toml_new_node(struct toml_reader *reader, const struct toml_node *parent,
                                struct toml_place place);
/* Makes `node` the last child of `parent`. */
void toml_append(struct toml_node *parent, struct toml_node *node);
/* The member with this key. NULL when there is none: `slot` is then where the search for it ended,
 * to be pointed at the new member, or NULL in an empty table. */
struct toml_node *toml_find(const struct toml_node *table, struct str key,
                            struct toml_node ***slot);

/* --- toml_reader.c: cursor, layout, errors --- */

/* Puts the cursor on the first line of `text`, behind a byte order mark. */
void toml_start_reading(struct toml_reader *reader, struct str text);
/* The byte at the cursor; 0 at the end. */
static inline char toml_peek(const struct toml_reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}
/* Steps over `byte`; false when something else is there. */
bool toml_take(struct toml_reader *reader, char byte);
/* Steps over LF or CR LF and checks that the line which begins there is text; false when something
 * else is there. */
bool toml_take_newline(struct toml_reader *reader);
/* Steps over spaces and tabs; over these, comments and newlines; over all up to the next line's
 * beginning. */
void toml_skip_space(struct toml_reader *reader);
void toml_skip_blank(struct toml_reader *reader);
void toml_skip_line(struct toml_reader *reader);
/* True at a newline, at a comment, and at the end of the text. */
bool toml_at_line_end(const struct toml_reader *reader);
/* What stands at the cursor up to white space or punctuation; may be empty. */
struct str toml_word(const struct toml_reader *reader);
/* The bytes at the cursor that a key without quotes may have; may be empty. */
struct str toml_bare_key(const struct toml_reader *reader);
/* True at the beginning of a string. */
bool toml_at_quote(const struct toml_reader *reader);
struct toml_place toml_here(const struct toml_reader *reader);

/* Reports an error, unless that line or a later one has had one already: the second is mostly a
 * consequence of the first. Always false. */
bool toml_complain(struct toml_reader *reader, struct toml_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Reports at the cursor "expected `what`, found" and what is there. Always false. */
bool toml_expected(struct toml_reader *reader, const char *what);
/* Reports that memory is short, and ends the parsing. */
void toml_no_memory(struct toml_reader *reader);

/* --- Values that are no arrays or tables. False when the reader could not step over the value;
 * when it could, errors were reported and the value is unspecified. --- */

/* toml_string.c: the string that begins at the cursor with a quote; `multiline`: three quotes have
 * their meaning. */
bool toml_read_string(struct toml_reader *reader, bool multiline, struct str *contents);
/* Where the string that begins at `at` with a quote ends, its quotes included; NULL when nothing
 * closes it. */
const char *toml_string_end(const char *at, const char *end, bool multiline);
/* toml_scalar.c: the boolean, number, date or time at the cursor. */
bool toml_read_scalar(struct toml_reader *reader, struct toml_value *value);

/* --- toml_recover.c: going on after an error --- */

/* Moves to the line where parsing goes on. `start` is where the statement began that failed. */
void toml_recover(struct toml_reader *reader, const struct toml_reader *start);

/* --- toml_grammar.c --- */

/* Reads the whole text into `root`. */
void toml_read_document(struct toml_reader *reader, struct toml_node *root);

#endif

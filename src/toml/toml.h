/* A parser for TOML 1.1. It turns a text into a tree of values that know their line and column. */
#ifndef WCP_TOML_TOML_H
#define WCP_TOML_TOML_H

#include "base/error.h"
#include "base/str.h"

enum toml_type {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOLEAN,
    TOML_OFFSET_DATETIME,
    TOML_LOCAL_DATETIME,
    TOML_LOCAL_DATE,
    TOML_LOCAL_TIME,
    TOML_ARRAY,
    TOML_TABLE,
};

/* A value of the document, which owns the value and all that it points to.
 * `line` and `column` count from 1, columns in bytes. They are the place of the value's key; for a
 * table with a [header], the place of its name in that header; for an element of an array, the
 * place of the element itself. */
struct toml_value {
    enum toml_type type;
    uint32_t line;
    uint32_t column;
    struct str key; /* of a member of a table; may hold any byte, even NUL */
    /* String: its contents; lines end with LF.
     * Float: as written, but without underscores and "+" and with "e" for "E"; or "inf", "-inf",
     * "nan".
     * Date or time: as written, but with "T" between date and time, "Z" in upper case, and with
     * seconds. */
    struct str text;
    int64_t integer;
    bool boolean;
    struct toml_value *children; /* the first member of a table or element of an array */
    struct toml_value *next;     /* the next member or element, in the order of the text */
};

struct toml_document;

/* Receives each error, in the order of lines, at most one for a line. `message` is terminated and
 * borrowed for the call. It may quote bytes of the text: make it printable before you show it. */
typedef void (*toml_report)(void *context, uint32_t line, uint32_t column, const char *message);

enum { TOML_MAX_ERRORS = 20 };

/* Parses `text` as TOML v1.1.0. Bounds: LIMIT_CONFIGURATION bytes, LIMIT_TOML_NESTING arrays and
 * tables in one another, integers of 64 bits. After an error, parsing continues at the next line
 * that it understands, until TOML_MAX_ERRORS errors are reported. Lack of memory is reported as an
 * error, too. Returns NULL when there was an error. The caller frees the document with toml_free;
 * it borrows nothing from `text`. */
struct toml_document *toml_parse(struct str text, toml_report report, void *context);
/* Frees a document and all of its values. NULL is allowed. */
void toml_free(struct toml_document *document);

/* Returns the root table. */
const struct toml_value *toml_root(const struct toml_document *document);
/* Returns the member of a table with this key; NULL when there is none, or `table` is NULL or no
 * table. */
const struct toml_value *toml_get(const struct toml_value *table, struct str key);
/* Returns the name of a type for messages: "a string", "an integer" … */
const char *toml_type_name(enum toml_type type);

#endif

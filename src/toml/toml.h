/* A TOML 1.1 parser: text to a tree of values that know where they stand. It knows nothing of
 * certificates. */
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

/* A value of the document, which owns it and all it points to. `line` and `column` say where its
 * key begins (of a table: in the header that opened it), or, for an element of an array, the
 * element itself. Both count from 1, columns in bytes. */
struct toml_value {
    enum toml_type type;
    uint32_t line;
    uint32_t column;
    struct str key; /* of a table's member; may hold any byte, NUL included */
    /* String: its contents; lines in it end with LF.
     * Float: as written but without underscores and "+", with "e" for "E"; or "inf", "-inf", "nan".
     * Date or time: as written but with "T" between date and time, "Z" in capitals, and seconds. */
    struct str text;
    int64_t integer;
    bool boolean;
    struct toml_value *children; /* first member of a table, in their order; first element */
    struct toml_value *next;     /* the member or element after this one */
};

struct toml_document;

/* Called for each error, in the order of lines, once for a line. `message` is terminated, says what
 * is wrong or expected, and may quote bytes of the text: make it printable before it is shown. */
typedef void (*toml_report)(void *context, uint32_t line, uint32_t column, const char *message);

enum { TOML_MOST_ERRORS = 20 };

/* Parses `text` as TOML v1.1.0: at most LIMIT_CONFIGURATION bytes, arrays and tables in each other
 * at most LIMIT_TOML_NESTING deep, integers of 64 bits. Each error is reported, and parsing goes on
 * at the next line that can be understood, until there are TOML_MOST_ERRORS. NULL when there was
 * any; lack of memory is reported as one. The caller frees the document, which borrows nothing from
 * `text`. */
struct toml_document *toml_parse(struct str text, toml_report report, void *context);
/* Does nothing for NULL. */
void toml_free(struct toml_document *document);

/* The root table. */
const struct toml_value *toml_root(const struct toml_document *document);
/* The member of a table with this key; NULL when there is none, and when `table` is NULL or no
 * table. */
const struct toml_value *toml_get(const struct toml_value *table, struct str key);
/* "a string", "an integer" …: for messages. */
const char *toml_type_name(enum toml_type type);

#endif

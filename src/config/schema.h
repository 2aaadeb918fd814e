/* Reading a TOML table into a struct by a description of its keys, every error reported with its
 * field path and line. */
#ifndef WCP_CONFIG_SCHEMA_H
#define WCP_CONFIG_SCHEMA_H

#include "config/problems.h"
#include "config/rules.h"
#include "toml/toml.h"

enum field_type {
    FIELD_STRING,          /* char * */
    FIELD_BOOLEAN,         /* bool */
    FIELD_INTEGER,         /* uint32_t, `least` to `most` */
    FIELD_INTEGER_OR_TEXT, /* the same, also as a string of digits */
    FIELD_RATIO,           /* a number from 0.1 to 1.0; never kept */
    FIELD_STRING_LIST,     /* at least one string; never kept */
    FIELD_TABLE,           /* a struct in place */
    FIELD_TABLE_LIST,      /* checked with `section` for each element; kept only by `each` */
};

/* A place in the document, for messages: linked from the innermost table outwards. */
struct scope {
    const struct scope *parent; /* NULL for the root */
    struct str name;
    size_t index;
    bool is_element; /* name[index] */
};

enum { NOT_KEPT = UINT16_MAX }; /* no offset within a struct */

/* What the numbers of a field may be. */
struct range {
    uint32_t least, most;
    bool or_zero; /* 0 is allowed besides */
};

struct section;

/* One key of a table. */
struct field {
    const char *name;
    enum field_type type;
    bool required;
    union {
        enum rule rule;                /* of strings, which also says what is kept */
        const struct range *range;     /* of numbers */
        const struct section *section; /* of tables */
    };
    size_t offset; /* where the value goes in the struct; NOT_KEPT: checked and forgotten */
};

/* A table: its keys, and what is done once they are read. */
struct section {
    const struct field *fields;
    size_t count;
    /* Called after the fields, with the table and its struct; `complete` when no required key is
     * missing. May be NULL. */
    void (*finish)(struct problems *problems, const struct scope *scope,
                   const struct toml_value *table, void *target, bool complete);
    /* For the elements of a list: makes room for one and returns it; NULL: none is kept. */
    void *(*element)(void *list, size_t index);
};

/* The first two members of a section, from the array of its fields. */
#define SECTION_FIELDS(list) .fields = (list), .count = sizeof(list) / sizeof((list)[0])

/* Reads `table` into `target` (NULL: only checks). A table without a required key gets that error,
 * its unknown keys are named, and nothing more is said of it. Strings that are kept are copies,
 * owned by the target. */
void schema_read(struct problems *problems, const struct scope *scope,
                 const struct section *section, const struct toml_value *table, void *target);

/* Frees every string that schema_read kept in `target`, but not those of a list's elements. */
void schema_free(const struct section *section, void *target);

/* True when both structs hold the same for every field that is kept, lists excepted. */
bool schema_same(const struct section *section, const void *a, const void *b);

/* Reports something about `member` (a key of `scope`; empty: about the scope itself). */
void schema_problem(struct problems *problems, const struct scope *scope, const char *member,
                    const struct toml_value *value, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif

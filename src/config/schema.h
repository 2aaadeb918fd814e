/* Reads a TOML table into a struct. A description of the table's keys says which values are allowed
 * and where they go. Each error is reported with its line and the path of its field, for example
 * "capabilities.acm.certificates[0].role_arn". */
#ifndef WCP_CONFIG_SCHEMA_H
#define WCP_CONFIG_SCHEMA_H

#include "config/problems.h"
#include "config/rules.h"
#include "toml/toml.h"

enum field_type {
    FIELD_STRING,          /* stored by rule_store, mostly as char * */
    FIELD_BOOLEAN,         /* stored as bool */
    FIELD_INTEGER,         /* in `range`; stored as uint32_t */
    FIELD_INTEGER_OR_TEXT, /* the same; may also be a string of digits */
    FIELD_RATIO,           /* a number from 0.1 to 1.0; never stored */
    FIELD_STRING_LIST,     /* one or more strings; never stored */
    FIELD_WORDS,           /* one or more of `words`; stored as uint32_t, bit i for the word i */
    FIELD_TABLE,           /* read by `section` into a struct inside of the struct */
    FIELD_TABLE_LIST,      /* an array of tables, each read by `section` */
};

/* The path of a table in the document, for messages: a list from the innermost table outwards. */
struct scope {
    const struct scope *parent; /* NULL for a table of the root */
    struct str name;
    size_t index;    /* of an element, written name[index] */
    bool is_element; /* of an array */
};

enum { NOT_STORED = UINT16_MAX }; /* in place of an offset */

/* The values that a number may have. */
struct range {
    uint32_t min;
    uint32_t max;
    bool or_zero; /* 0 is allowed, too */
};

struct section;

/* One key of a table. */
struct field {
    const char *name;
    enum field_type type;
    bool required;
    union {
        enum rule rule;                /* for strings */
        const struct range *range;     /* for numbers */
        const struct section *section; /* for tables */
        const char *const *words;      /* for FIELD_WORDS; NULL ends the list */
    };
    size_t offset; /* of the value in the struct; NOT_STORED: the value is only checked */
};

/* A table: its keys, and functions that are called while it is read. */
struct section {
    const struct field *fields;
    size_t count;
    /* Called after all fields were read, with the table and its struct, which may be NULL.
     * `complete` is false when a required key is missing. May be NULL. */
    void (*after_read)(struct problems *problems, const struct scope *scope,
                       const struct toml_value *table, void *target, bool complete);
    /* For FIELD_TABLE_LIST: adds an element to `list` and returns its struct, or NULL to only check
     * the element. When the function is NULL, elements are only checked. */
    void *(*add_element)(void *list, size_t index);
};

/* Initialises the first two members of a section from an array of fields. */
#define SECTION_FIELDS(list) .fields = (list), .count = sizeof(list) / sizeof((list)[0])

/* Checks `table` and reads it into the struct `target`; NULL only checks. For a table that lacks a
 * required key, only missing and unknown keys are reported. Strings are stored as copies, which the
 * target owns: see schema_free. */
void schema_read(struct problems *problems, const struct scope *scope,
                 const struct section *section, const struct toml_value *table, void *target);

/* Frees every string that schema_read stored in `target`, except in the elements of a list. */
void schema_free(const struct section *section, void *target);

/* Returns true when all stored fields of both structs are equal. Lists are not compared. */
bool schema_same(const struct section *section, const void *a, const void *b);

/* Adds a problem at the place of `value`. Its text is the path of `scope` and `member`, ": ", and
 * the formatted message. An empty `member` reports a problem of the scope itself. */
void schema_problem(struct problems *problems, const struct scope *scope, const char *member,
                    const struct toml_value *value, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif

/* The syntax of AWS's shared credentials and config files: INI as AWS's SDKs read it. Where they
 * differ, whatever one of them reads is read. Each line that is not read, or that an SDK would read
 * as something else, is logged once with its place and what to write. A message never contains a
 * value: values are secrets. */
#ifndef WCP_AWS_CREDENTIALS_SHARED_FILE_H
#define WCP_AWS_CREDENTIALS_SHARED_FILE_H

#include "base/error.h"
#include "base/str.h"

/* Profile x is [x] in the credentials file and [profile x] in the config file. The default profile
 * is [default] in both; in the config file, [profile default] replaces [default]. */
enum shared_file_kind { SHARED_CREDENTIALS_FILE, SHARED_CONFIG_FILE, SHARED_FILES };

struct shared_file {
    enum shared_file_kind kind;
    const char *path; /* for messages */
    struct str text;
};

/* The kinds of sections that matter here. */
enum shared_section { SECTION_NONE, SECTION_PROFILE, SECTION_SERVICES, SECTION_OTHER };

/* A place in a file. Line and column count from 1, columns in bytes. */
struct shared_place {
    const char *path;
    uint32_t line;
    uint32_t column;
};

/* A heading, whose `key` is empty, or a property. All texts are borrowed from the file. */
struct shared_line {
    enum shared_section section;
    struct str name;   /* of the section's profile or services */
    struct str parent; /* the key above, to which this indented line belongs; else empty */
    struct str key;
    struct str value; /* without a comment; may be empty */
    struct shared_place place;
    bool replaces; /* a heading: what this file said of the profile before does not count */
};

struct shared_reader {
    const struct shared_file *file;
    struct str rest;
    struct shared_line current; /* the section, and the last key that is no nested one */
    const char *line_start;
    size_t indentation;       /* of that key */
    unsigned said;            /* messages about this file */
    bool indentation_said;    /* in this section */
    bool default_is_there;    /* [default] of a config file */
    bool default_is_replaced; /* by [profile default] */
};

/* Refuses UTF-16, which no SDK reads: ERROR_CONFIGURATION. */
bool shared_file_check(const struct shared_file *file, struct error *error);
/* Begins to read a file. */
void shared_reader_start(struct shared_reader *reader, const struct shared_file *file);
/* Reads up to the next heading or property. Returns false at the end of the file. */
bool shared_reader_next(struct shared_reader *reader, struct shared_line *line);

/* Logs "PATH:LINE:COLUMN: message" as a warning, once, about what begins at `at` in the line that
 * was read last. At most LIMIT_SHARED_FILE_WARNINGS of a file are logged in one reading. */
void shared_reader_warn(struct shared_reader *reader, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Says that the line, which begins at `at`, belongs to the key above. */
void shared_reader_warn_nested(struct shared_reader *reader, const char *at);

#endif

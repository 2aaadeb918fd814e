/* Errors: a kind, by which the caller decides when to try again, and a sentence for a person. */
#ifndef WCP_BASE_ERROR_H
#define WCP_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum error_kind {
    ERROR_NONE,
    /* The configuration or the command line is wrong: a person must change it. */
    ERROR_CONFIGURATION,
    /* A condition of the network, a server or this machine that passes: try again soon. */
    ERROR_TRANSIENT,
    /* There were too many requests: try again, more slowly. */
    ERROR_THROTTLED,
    /* The same request will fail until something outside of the program changes. */
    ERROR_PERMANENT,
    /* AWS or the operating system does not permit it. */
    ERROR_DENIED,
    /* The clock cannot be right. */
    ERROR_CLOCK,
    /* The program has a defect, or the machine is out of memory or descriptors. */
    ERROR_INTERNAL,
};

enum { ERROR_MESSAGE_SIZE = 768, ERROR_ADVICE_SIZE = 384 };

/* Both texts are terminated and have no final period. `advice` says what to do next; it may be
 * empty. A text that is too long is cut. */
struct error {
    enum error_kind kind;
    char message[ERROR_MESSAGE_SIZE];
    char advice[ERROR_ADVICE_SIZE];
};

/* Returns an error of kind ERROR_NONE with empty texts. */
struct error error_none(void);

/* All functions below that fill an error return false, so that a function can end with
 * `return error_set(...)`. Formats are those of printf(3). */

/* Sets kind and message, and clears the advice. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As error_set; then appends ": " and the text of the errno value `number` to the message. */
bool error_set_errno(struct error *error, enum error_kind kind, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Sets the advice only. */
bool error_advise(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Sets kind, message and advice. The advice is a fixed text, without directives. */
bool error_refuse(struct error *error, enum error_kind kind, const char *advice, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
/* Puts "context: " in front of the message. */
bool error_context(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Sets kind ERROR_INTERNAL and the message "out of memory". */
bool error_no_memory(struct error *error);

/* Returns the advice of the error; when it is empty, a general advice for the error's kind. */
const char *error_advice(const struct error *error);

/* Returns the name of a kind, for example "transient". */
const char *error_kind_name(enum error_kind kind);

#endif

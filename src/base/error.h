/* What went wrong, in a sentence for a person and a kind for the schedule. */
#ifndef WCP_BASE_ERROR_H
#define WCP_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* What the kind decides is when the same thing is tried again. */
enum error_kind {
    ERROR_NONE,
    ERROR_CONFIGURATION, /* the configuration or the command line is wrong: a person must change it
                          */
    ERROR_TRANSIENT,     /* network, server or local condition that passes: try again soon */
    ERROR_THROTTLED,     /* asked too often: try again, more slowly */
    ERROR_PERMANENT,     /* the same request will fail until something outside is changed */
    ERROR_DENIED,        /* not permitted, by AWS or by the operating system */
    ERROR_CLOCK,         /* the clock cannot be right */
    ERROR_INTERNAL,      /* a defect of the agent, or the machine is out of memory or descriptors */
};

enum { ERROR_MESSAGE_SIZE = 768, ERROR_ADVICE_SIZE = 384 };

/* Both texts are terminated and complete sentences without a final period; `advice` is what to do
 * next and may be empty. */
struct error {
    enum error_kind kind;
    char message[ERROR_MESSAGE_SIZE];
    char advice[ERROR_ADVICE_SIZE];
};

/* What nothing has gone wrong with: ERROR_NONE and empty texts. */
struct error error_none(void);

/* Sets kind and message, clears the advice. Always false, so that a function can `return
 * error_set(...)`. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As error_set; ": " and the text of the errno value `number` follow the message. */
bool error_set_errno(struct error *error, enum error_kind kind, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Sets what to do next. Always false. */
bool error_advise(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Both at once: error_set, and a fixed text for what to do next. Always false. */
bool error_refuse(struct error *error, enum error_kind kind, const char *advice, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
/* Puts "context: " before the message. Always false. */
bool error_context(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "out of memory", kind ERROR_INTERNAL. Always false. */
bool error_no_memory(struct error *error);

/* What to do next: the advice that was set, else what the kind suggests. */
const char *error_advice(const struct error *error);

/* The kind's name as it stands in logs and frames, for example "transient". */
const char *error_kind_name(enum error_kind kind);

#endif

/* The log: one line a message, levels, and a sink that the process chooses. The only global mutable
 * state there is. */
#ifndef WCP_BASE_LOG_H
#define WCP_BASE_LOG_H

#include "base/limits.h"
#include "base/str.h"

enum { LOG_LINE_SIZE = LIMIT_LOG_LINE + 64 }; /* a message, what stands before it, its newline */

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_NONE };

/* Takes one message: at most LIMIT_LOG_LINE bytes, valid UTF-8 without control characters, no
 * newline at its end. */
typedef void (*log_sink)(void *context, enum log_level level, struct str message);

/* Messages below `level` are dropped. The default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* Where messages go; NULL is the default, stderr with the time and level before each message. */
void log_set_sink(log_sink sink, void *context);

/* Writes "2026-06-11T04:05:06Z INFO message" and a newline to `line`, the form that stderr and
 * files have; returns its length. */
size_t log_format_line(enum log_level level, struct str message, char line[LOG_LINE_SIZE]);
/* What the default sink does; for sinks that cannot do their own. */
void log_to_stderr(enum log_level level, struct str message);

/* Formats one message (directives of base/format.h), makes it printable and hands it to the sink.
 */
void log_message(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_message(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_message(LOG_LEVEL_ERROR, __VA_ARGS__)

/* "DEBUG", "INFO", "WARN", "ERROR", "NONE". */
const char *log_level_name(enum log_level level);
/* Reads a level's name in any case; false when it is none. */
bool log_level_parse(struct str name, enum log_level *level);

/* Replaces, in place, each control character (C0, DEL, C1 as UTF-8) and each byte that is not valid
 * UTF-8 by '?', so that text from outside can neither forge a line nor drive a terminal. */
void make_printable(char *text, size_t length);

#endif

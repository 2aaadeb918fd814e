/* The log: levels, one line for each message, and a sink that the process chooses. The log is the
 * only global mutable state of the program. */
#ifndef WCP_BASE_LOG_H
#define WCP_BASE_LOG_H

#include "base/limits.h"
#include "base/str.h"

/* A message, the time and level before it, and a newline. */
enum { LOG_LINE_SIZE = LIMIT_LOG_LINE + 64 };

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR, LOG_LEVEL_NONE };

/* Writes one message: at most LIMIT_LOG_LINE bytes of valid UTF-8 without control characters and
 * without a newline. The message is borrowed for the call. */
typedef void (*log_sink)(void *context, enum log_level level, struct str message);

/* Sets the lowest level that is logged; LOG_LEVEL_INFO at first. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* Sends messages to `sink`, which gets `context`. NULL restores the default, log_to_stderr. */
void log_set_sink(log_sink sink, void *context);

/* Writes "2026-06-11T04:05:06Z INFO message" and a newline to `line`: the form of lines on stderr
 * and in files. Returns the length. */
size_t log_format_line(enum log_level level, struct str message, char line[LOG_LINE_SIZE]);
/* Writes one message to stderr. Waits half a second for a reader, then drops the message. */
void log_to_stderr(enum log_level level, struct str message);

/* Formats one message as printf(3), makes it printable and passes it to the sink. */
void log_message(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, unless this process has logged exactly this message by log_once already. It remembers
 * the last LIMIT_LOGGED_ONCE of them. For what does not change between two refreshes. */
void log_once(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_message(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_message(LOG_LEVEL_ERROR, __VA_ARGS__)

/* Returns "DEBUG", "INFO", "WARN", "ERROR" or "NONE". */
const char *log_level_name(enum log_level level);
/* Reads the name of a level in any case. Returns false for other text. */
bool log_level_parse(struct str name, enum log_level *level);

/* Replaces bytes of `text` in place by '?': control characters (C0, DEL, C1), characters that
 * reorder the text around them (U+202A to U+202E, U+2066 to U+2069), and bytes that are not valid
 * UTF-8. Text from outside can then neither forge a log line nor control a terminal. */
void make_printable(char *text, size_t length);

#endif

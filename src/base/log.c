#include "base/log.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/utf8.h"

#include <poll.h>
#include <unistd.h>

enum { STDERR_WAIT_MS = 500 };

static struct {
    enum log_level level;
    bool stderr_blocked; /* the last message was dropped because nobody read stderr */
    log_sink sink;
    void *context;
    uint64_t said[LIMIT_LOGGED_ONCE]; /* hashes of messages of log_once, the oldest replaced next */
    size_t next_said;
} log_state = {.level = LOG_LEVEL_INFO};

static const char *const level_names[] = {"DEBUG", "INFO", "WARN", "ERROR", "NONE"};

void log_set_level(enum log_level level)
{
    log_state.level = level;
}

enum log_level log_get_level(void)
{
    return log_state.level;
}

void log_set_sink(log_sink sink, void *context)
{
    log_state.sink = sink;
    log_state.context = context;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

bool log_level_parse(struct str name, enum log_level *level)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (str_equal_ignore_case(name, str_from(level_names[i]))) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* C0, DEL and C1; and the characters that reorder the text around them. */
static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
           (character >= 0x202a && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

void make_printable(char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t character = 0;
        size_t sequence = utf8_decode(text + i, length - i, &character);
        if (sequence > 0 && !is_control(character))
            i += sequence;
        else
            text[i++] = '?';
    }
}

size_t log_format_line(enum log_level level, struct str message, char line[LOG_LINE_SIZE])
{
    char time[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(clock_now(), time);
    return format_text(line, LOG_LINE_SIZE, "%s %s %.*s\n", time, log_level_name(level),
                       (int)message.length, message.data);
}

/* A stopped console, or a pipe that nobody reads, must not block the agent. The first message waits
 * half a second; while stderr stays blocked, the next messages do not wait at all. */
void log_to_stderr(enum log_level level, struct str message)
{
    char line[LOG_LINE_SIZE];
    struct pollfd console = {.fd = STDERR_FILENO, .events = POLLOUT};
    log_state.stderr_blocked =
        poll(&console, 1, log_state.stderr_blocked ? 0 : STDERR_WAIT_MS) == 0;
    if (log_state.stderr_blocked)
        return;
    write_all(STDERR_FILENO, str_bytes(line, log_format_line(level, message, line)));
}

static void send_message(enum log_level level, char message[LIMIT_LOG_LINE], size_t length)
{
    make_printable(message, length);
    if (log_state.sink != NULL)
        log_state.sink(log_state.context, level, str_bytes(message, length));
    else
        log_to_stderr(level, str_bytes(message, length));
}

void log_message(enum log_level level, const char *format, ...)
{
    if (level < log_state.level)
        return;
    char message[LIMIT_LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_va(message, sizeof message, format, arguments);
    va_end(arguments);
    send_message(level, message, length);
}

/* FNV-1a. Two messages with one hash would lose the second: nobody gains by that. */
static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
    return hash;
}

static bool was_said(uint64_t hash)
{
    for (size_t i = 0; i < LIMIT_LOGGED_ONCE; i++)
        if (log_state.said[i] == hash)
            return true;
    log_state.said[log_state.next_said] = hash;
    log_state.next_said = (log_state.next_said + 1) % LIMIT_LOGGED_ONCE;
    return false;
}

void log_once(enum log_level level, const char *format, ...)
{
    if (level < log_state.level)
        return;
    char message[LIMIT_LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_va(message, sizeof message, format, arguments);
    va_end(arguments);
    if (!was_said(hash_of(message, length)))
        send_message(level, message, length);
}

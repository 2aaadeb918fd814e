#include "base/log.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"

#include <unistd.h>

static struct {
    enum log_level level;
    log_sink sink;
    void *context;
} current = {.level = LOG_LEVEL_INFO};

static const char *const level_names[] = {"DEBUG", "INFO", "WARN", "ERROR", "NONE"};

void log_set_level(enum log_level level)
{
    current.level = level;
}

enum log_level log_get_level(void)
{
    return current.level;
}

void log_set_sink(log_sink sink, void *context)
{
    current.sink = sink;
    current.context = context;
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

/* Length of the printable UTF-8 sequence at `at`, of at most `left` bytes; 0 when there is none
 * (RFC 3629). */
static size_t printable_sequence(const unsigned char *at, size_t left)
{
    if (at[0] >= 0x20 && at[0] < 0x7f)
        return 1;
    size_t length = at[0] >= 0xc2 && at[0] < 0xe0   ? 2
                    : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                    : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                                    : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool c1_control = at[0] == 0xc2 && at[1] < 0xa0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool surrogate_or_beyond = (at[0] == 0xed && at[1] >= 0xa0) || (at[0] == 0xf4 && at[1] >= 0x90);
    return c1_control || overlong || surrogate_or_beyond ? 0 : length;
}

/* U+202A..U+202E and U+2066..U+2069 reorder the text around them. */
static bool is_direction_override(const unsigned char *at, size_t length)
{
    return length == 3 && at[0] == 0xe2 &&
           ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
            (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

void make_printable(char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        const unsigned char *at = (const unsigned char *)text + i;
        size_t sequence = printable_sequence(at, length - i);
        if (sequence > 0 && !is_direction_override(at, sequence)) {
            i += sequence;
            continue;
        }
        text[i++] = '?';
    }
}

static void write_to_stderr(enum log_level level, struct str message)
{
    char line[LIMIT_LOG_LINE + 64];
    char time[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(clock_now(), time);
    size_t length = format_text(line, sizeof line - 1, "%s %s %.*s", time, log_level_name(level),
                                (int)message.length, message.data);
    line[length++] = '\n';
    write_all(STDERR_FILENO, str_bytes(line, length));
}

void log_message(enum log_level level, const char *format, ...)
{
    if (level < current.level)
        return;
    char message[LIMIT_LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_va(message, sizeof message, format, arguments);
    va_end(arguments);
    make_printable(message, length);
    if (current.sink != NULL)
        current.sink(current.context, level, str_bytes(message, length));
    else
        write_to_stderr(level, str_bytes(message, length));
}

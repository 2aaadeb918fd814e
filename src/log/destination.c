#include "log/destination.h"

#include "base/clock.h"
#include "base/format.h"
#include "log/file.h"
#include "log/syslog.h"

#include <stdlib.h>

/* How long a log that failed is left alone. */
enum { RETRY_MS = 3000 };

/* Part of the log, the one global state. */
static struct {
    enum log_destination destination;
    struct log_file file;
    bool failing;
    uint32_t missed; /* lines that went to stderr because the log could not be had */
    struct deadline retry;
} current;

static bool write_message(enum log_level level, struct str message, struct error *error)
{
    char line[LOG_LINE_SIZE];
    if (current.destination == LOG_TO_SYSLOG)
        return syslog_send(level, message, error);
    return log_file_write(&current.file, str_bytes(line, log_format_line(level, message, line)),
                          error);
}

/* Says in the log itself that lines are missing there, before the first that is not. */
static bool write_again(enum log_level level, struct str message, struct error *error)
{
    char text[80];
    size_t length = format_text(text, sizeof text,
                                "The log could not be written: %u line(s) went to stderr instead",
                                current.missed);
    if (current.missed > 0 && !write_message(LOG_LEVEL_WARN, str_bytes(text, length), error))
        return false;
    current.missed = 0;
    return write_message(level, message, error);
}

static void sink(void *context, enum log_level level, struct str message)
{
    struct error error;
    (void)context;
    if (!current.failing || deadline_left_ms(current.retry) == 0) {
        if (write_again(level, message, &error)) {
            current.failing = false;
            return;
        }
        if (!current.failing) {
            error_context(&error, "Until it can be had again, the log goes to stderr");
            log_to_stderr(LOG_LEVEL_WARN, str_from(error.message));
        }
        current.failing = true;
        current.retry = deadline_in(RETRY_MS);
    }
    current.missed++;
    log_to_stderr(level, message);
}

static const char *log_directory_of(const struct config *config)
{
    return config->log_directory != NULL ? config->log_directory : "logs";
}

void log_destination_apply(const struct config *config)
{
    log_destination_reset();
    log_set_level(config->log_level);
    current.destination = config->log_destination;
    current.file = (struct log_file){
        .directory = str_duplicate(str_from(log_directory_of(config))),
        .max_bytes = config->log_max_bytes,
        .archives = config->log_archives,
    };
    if (config->log_destination != LOG_TO_STDERR && current.file.directory != NULL)
        log_set_sink(sink, NULL);
}

void log_destination_reset(void)
{
    log_set_sink(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
    free(current.file.directory);
    current.file.directory = NULL;
    current.failing = false;
}

bool log_destination_describe(const struct config *config, struct buf *out, struct error *error)
{
    const struct log_file file = {.directory = (char *)(uintptr_t)log_directory_of(config)};
    switch (config->log_destination) {
    case LOG_TO_SYSLOG:
        buf_append_text(out, "syslog (" SYSLOG_PATH ")");
        return syslog_is_there(error);
    case LOG_TO_STDERR:
        buf_append_text(out, "stderr");
        return true;
    default:
        buf_format(out, "%s/" LOG_FILE_NAME, file.directory);
        if (file.directory[0] == '/')
            return log_file_is_writable(&file, error);
        buf_append_text(out, ", below the agent's working directory");
        return true;
    }
}

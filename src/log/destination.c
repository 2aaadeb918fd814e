#include "log/destination.h"

#include "base/clock.h"
#include "base/format.h"
#include "log/file.h"
#include "log/syslog.h"

#include <stdlib.h>

/* The time from a failure to the next try. */
enum { RETRY_MS = 3000 };

/* Global state, as the log is. */
static struct {
    enum log_destination destination;
    struct log_file file;
    bool failing;
    uint32_t missed; /* messages that went to stderr since the log failed */
    struct deadline retry;
} log_target;

static bool write_message(enum log_level level, struct str message, struct error *error)
{
    char line[LOG_LINE_SIZE];
    if (log_target.destination == LOG_TO_SYSLOG)
        return syslog_send(level, message, error);
    return log_file_write(&log_target.file, str_bytes(line, log_format_line(level, message, line)),
                          error);
}

/* Writes a message to the log. After a failure, it first writes how many messages are missing. */
static bool write_after_gap(enum log_level level, struct str message, struct error *error)
{
    char text[80];
    size_t length = format_text(text, sizeof text,
                                "The log could not be written: %u line(s) went to stderr instead",
                                log_target.missed);
    if (log_target.missed > 0 && !write_message(LOG_LEVEL_WARN, str_bytes(text, length), error))
        return false;
    log_target.missed = 0;
    return write_message(level, message, error);
}

static void write_to_destination(void *context, enum log_level level, struct str message)
{
    struct error error;
    (void)context;
    if (!log_target.failing || deadline_left_ms(log_target.retry) == 0) {
        if (write_after_gap(level, message, &error)) {
            log_target.failing = false;
            return;
        }
        if (!log_target.failing) {
            error_context(&error, "The log goes to stderr until this is fixed");
            log_to_stderr(LOG_LEVEL_WARN, str_from(error.message));
        }
        log_target.failing = true;
        log_target.retry = deadline_in(RETRY_MS);
    }
    log_target.missed++;
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
    log_target.destination = config->log_destination;
    log_target.file = (struct log_file){
        .directory = str_duplicate(str_from(log_directory_of(config))),
        .max_bytes = config->log_max_bytes,
        .archives = config->log_archives,
    };
    if (config->log_destination != LOG_TO_STDERR && log_target.file.directory != NULL)
        log_set_sink(write_to_destination, NULL);
}

void log_destination_reset(void)
{
    log_set_sink(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
    free(log_target.file.directory);
    log_target.file.directory = NULL;
    log_target.failing = false;
}

bool log_destination_describe(const struct config *config, struct buf *out, struct error *error)
{
    const struct log_file file = {.directory = (char *)(uintptr_t)log_directory_of(config)};
    switch (config->log_destination) {
    case LOG_TO_SYSLOG:
        buf_append_text(out, "syslog (" SYSLOG_PATH ")");
        return syslog_is_listening(error);
    case LOG_TO_STDERR:
        buf_append_text(out, "stderr");
        return true;
    default:
        buf_format(out, "%s/" LOG_FILE_NAME, file.directory);
        if (file.directory[0] == '/')
            return log_file_is_writable(&file, error);
        buf_append_text(out, ", relative to the agent's working directory");
        return true;
    }
}

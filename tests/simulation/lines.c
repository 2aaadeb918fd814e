#include "simulation/lines.h"

#include "base/log.h"
#include "command/command.h"
#include "log/destination.h"
#include "simulation/aws.h"
#include "simulation/box.h"
#include "simulation/checks.h"
#include "simulation/history.h"
#include "simulation/hooks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SAID = 64 };

static const struct plan *plan;

/* What processes said once: of each line a hash. A ring. */
static struct said {
    pid_t process;
    uint64_t hash;
} said[SAID];
static unsigned said_count;

void lines_reset(const struct plan *of)
{
    plan = of;
    memset(said, 0, sizeof said);
    said_count = 0;
}

static const char fresh[] = "Certificate refresh successful for ";

static const char configured[] = "ACM Scheduler starting with ";

static const char dropped[] = "Skipping the pending refresh command for ";

static void look_at_line(enum log_level level, const char *line)
{
    if (strncmp(line, configured, sizeof configured - 1) == 0)
        aws_forget(current);
    for (unsigned i = 0; i < plan->certificates; i++) {
        if (strstr(line, box_arn(i)) == NULL)
            continue;
        if (strncmp(line, fresh, sizeof fresh - 1) == 0)
            check_fresh(current, i);
        if (level >= LOG_LEVEL_WARN)
            current->complained |= 1u << i;
        if (strncmp(line, dropped, sizeof dropped - 1) == 0)
            hooks_load_by_hand(i);
        if (level >= LOG_LEVEL_WARN)
            check_complaint(i);
    }
}

/* Formatting takes longer than most calls: lines that no check is about are left out. */
static bool is_of_interest(enum log_level level, const char *format)
{
    return level >= LOG_LEVEL_WARN || history_is_on ||
           strncmp(format, fresh, sizeof fresh - 1) == 0 ||
           strncmp(format, configured, sizeof configured - 1) == 0;
}

static void hear(enum log_level level, const char *line)
{
    history("%s: %s", log_level_name(level), line);
    look_at_line(level, line);
}

__attribute__((format(printf, 2, 3))) void __wrap_log_message(enum log_level level,
                                                              const char *format, ...)
{
    char line[LIMIT_LOG_LINE];
    va_list arguments;
    if (current == NULL || level == LOG_LEVEL_DEBUG || !is_of_interest(level, format))
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    hear(level, line);
}

/* Returns true when the running process has said it already. */
static bool was_said(const char *line)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *line != '\0'; line++)
        hash = (hash ^ (unsigned char)*line) * 0x100000001b3;
    for (unsigned i = 0; i < SAID; i++)
        if (said[i].process == current->pid && said[i].hash == hash)
            return true;
    said[said_count++ % SAID] = (struct said){current->pid, hash};
    return false;
}

/* The product's own memory of these lines would be shared by all processes and histories. */
__attribute__((format(printf, 2, 3))) void __wrap_log_once(enum log_level level, const char *format,
                                                           ...)
{
    char line[LIMIT_LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (!was_said(line))
        hear(level, line);
}

__attribute__((format(printf, 1, 2))) void __wrap_complain(const char *format, ...)
{
    char line[LIMIT_LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    history("stderr: %s", line);
}

void __wrap_complain_of(const char *what, const struct error *error)
{
    history("stderr: %s: %s; %s", what, error->message, error_advice(error));
}

/* All simulated processes share the program's variables: the log's place is not switched. */
void __wrap_log_destination_apply(const struct config *config)
{
    (void)config;
}

void __wrap_log_destination_reset(void)
{
}

void __wrap_log_set_level(enum log_level level)
{
    (void)level;
}

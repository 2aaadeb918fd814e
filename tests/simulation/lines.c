#include "simulation/lines.h"

#include "base/log.h"
#include "command/command.h"
#include "log/destination.h"
#include "simulation/box.h"
#include "simulation/checks.h"
#include "simulation/history.h"
#include "simulation/hooks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct plan *plan;

void lines_reset(const struct plan *of)
{
    plan = of;
}

static const char fresh[] = "Certificate refresh successful for ";

static const char dropped[] = "Skipping the pending refresh command for ";

static void look_at_line(enum log_level level, const char *line)
{
    for (unsigned i = 0; i < plan->certificates; i++) {
        if (strstr(line, box_arn(i)) == NULL)
            continue;
        if (strncmp(line, fresh, sizeof fresh - 1) == 0)
            check_fresh(current, i);
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
           strncmp(format, fresh, sizeof fresh - 1) == 0;
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
    history("%s: %s", log_level_name(level), line);
    look_at_line(level, line);
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

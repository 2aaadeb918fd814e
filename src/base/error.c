#include "base/error.h"

#include "base/format.h"

#include <string.h>

struct error error_none(void)
{
    return (struct error){0};
}

/* Sets kind and message, clears the advice, and returns the length of the message. */
__attribute__((format(printf, 3, 0))) static size_t
set_message(struct error *error, enum error_kind kind, const char *format, va_list arguments)
{
    error->kind = kind;
    error->advice[0] = '\0';
    return format_text_va(error->message, sizeof error->message, format, arguments);
}

bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_message(error, kind, format, arguments);
    va_end(arguments);
    return false;
}

bool error_set_errno(struct error *error, enum error_kind kind, int number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = set_message(error, kind, format, arguments);
    va_end(arguments);
    format_text(error->message + length, sizeof error->message - length, ": %s", strerror(number));
    return false;
}

bool error_advise(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text_va(error->advice, sizeof error->advice, format, arguments);
    va_end(arguments);
    return false;
}

bool error_refuse(struct error *error, enum error_kind kind, const char *advice, const char *format,
                  ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_message(error, kind, format, arguments);
    va_end(arguments);
    return error_advise(error, "%s", advice);
}

bool error_context(struct error *error, const char *format, ...)
{
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_va(message, sizeof message, format, arguments);
    format_text(message + length, sizeof message - length, ": %s", error->message);
    memcpy(error->message, message, sizeof message);
    va_end(arguments);
    return false;
}

bool error_no_memory(struct error *error)
{
    return error_refuse(error, ERROR_INTERNAL,
                        "free memory on this machine, or run fewer programs on it",
                        "out of memory");
}

const char *error_kind_name(enum error_kind kind)
{
    static const char *const names[] = {
        [ERROR_NONE] = "none",           [ERROR_CONFIGURATION] = "configuration",
        [ERROR_TRANSIENT] = "transient", [ERROR_THROTTLED] = "throttled",
        [ERROR_PERMANENT] = "permanent", [ERROR_DENIED] = "denied",
        [ERROR_CLOCK] = "clock",         [ERROR_INTERNAL] = "internal",
    };
    return names[kind];
}

const char *error_advice(const struct error *error)
{
    if (error->advice[0] != '\0')
        return error->advice;
    switch (error->kind) {
    case ERROR_CONFIGURATION:
        return "correct the configuration (run: wcp-tiny check) or the environment";
    case ERROR_DENIED:
        return "give the agent's user, or its role in AWS, the permission";
    case ERROR_PERMANENT:
        return "check the certificate in ACM (renew or re-import it), then run: wcp-tiny once";
    default:
        return "nothing to do now: the next refresh tries again";
    }
}

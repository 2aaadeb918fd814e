#include "simulation/history.h"

#include "simulation/kernel.h"

#include <stdarg.h>
#include <stdio.h>

bool history_is_on;

static void print_line(const char *who, const char *format, va_list arguments)
{
    int64_t milliseconds = kernel.now / MILLISECONDS;
    printf("%9lld.%03lld %-16s ", (long long)(milliseconds / 1000),
           (long long)(milliseconds % 1000), who);
    vprintf(format, arguments);
    putchar('\n');
}

void history_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line(current == NULL ? "" : current->name, format, arguments);
    va_end(arguments);
}

void history_print_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_line("---", format, arguments);
    va_end(arguments);
}

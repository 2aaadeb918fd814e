/* Formatted text without stdio, which would cost tens of kilobytes.
 * Directives: %s %.*s %c %d %i %u %x, with l, ll or z before the last four, a width, and 0 to pad
 * with zeros; %%. */
#ifndef WCP_BASE_FORMAT_H
#define WCP_BASE_FORMAT_H

#include "base/buf.h"

#include <stdarg.h>

/* For the definition of a function with "...": it is never given floating point numbers, so that it
 * need not save the registers of such. */
#if defined(__x86_64__) || defined(__aarch64__)
#define NO_FLOATS __attribute__((target("general-regs-only")))
#else
#define NO_FLOATS
#endif

/* Appends to `buf`; false when the buffer failed. */
bool format_to_buf(struct buf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Writes at most `size` bytes to `out`, a terminator always included (size > 0), what does not fit
 * is cut off. Returns the length of the text written. */
size_t format_text(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_va(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif

/* printf(3)'s formats into bounded memory. */
#ifndef WCP_BASE_FORMAT_H
#define WCP_BASE_FORMAT_H

#include "base/buf.h"

#include <stdarg.h>

/* Appends to `buf`. False when the text did not fit below the buffer's limit: what fits is
 * appended, and the buffer has failed. */
bool buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_format_va(struct buf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Writes at most `size` bytes to `out`, a terminator always included (size > 0); what does not fit
 * is cut off. Returns the length of the text written. */
size_t format_text(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_va(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif

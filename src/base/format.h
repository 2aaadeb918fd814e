/* Formatted text, as printf(3) writes it, in bounded memory. */
#ifndef WCP_BASE_FORMAT_H
#define WCP_BASE_FORMAT_H

#include "base/buf.h"

#include <stdarg.h>

/* Append formatted text to `buf`. When the text does not fit below the buffer's limit, they append
 * the part that fits, set `failed` and return false. */
bool buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_format_va(struct buf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Write formatted text and a terminator to `out`, `size` bytes at most (size > 0); a longer text is
 * cut. They return the length of the text written, without the terminator. */
size_t format_text(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t format_text_va(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif

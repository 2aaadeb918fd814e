#include "base/format.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHORT_TEXT = 512 };

static bool append_truncated(struct buf *buf, struct str text)
{
    size_t room = buf->limit - buf->length;
    if (text.length <= room)
        return buf_append(buf, text);
    buf_append(buf, str_take(text, room));
    buf->failed = true;
    return false;
}

/* Formats a text of `length` bytes, which is longer than SHORT_TEXT, and appends it. */
static bool append_long(struct buf *buf, size_t length, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
static bool append_long(struct buf *buf, size_t length, const char *format, va_list arguments)
{
    char *text = malloc(length + 1);
    if (text == NULL) {
        buf->failed = true;
        return false;
    }
    vsnprintf(text, length + 1, format, arguments);
    bool done = append_truncated(buf, str_bytes(text, length));
    wipe(text, length);
    free(text);
    return done;
}

bool buf_format_va(struct buf *buf, const char *format, va_list arguments)
{
    char text[SHORT_TEXT];
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0 || buf->failed)
        buf->failed = true;
    else if ((size_t)length < sizeof text)
        append_truncated(buf, str_bytes(text, (size_t)length));
    else
        append_long(buf, (size_t)length, format, again);
    va_end(again);
    wipe(text, sizeof text); /* it may be a secret */
    return !buf->failed;
}

bool buf_format(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool done = buf_format_va(buf, format, arguments);
    va_end(arguments);
    return done;
}

size_t format_text_va(char *out, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(out, size, format, arguments);
    if (length < 0) {
        out[0] = '\0';
        return 0;
    }
    return (size_t)length < size ? (size_t)length : size - 1;
}

size_t format_text(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_va(out, size, format, arguments);
    va_end(arguments);
    return length;
}

#include "base/format.h"

#include "base/text.h"

#include <string.h>

/* Where formatted bytes go: a growing buffer, or a fixed array that cuts off. */
struct output {
    struct buf *buf;
    char *array;
    size_t size;
    size_t length;
};

struct directive {
    size_t width;
    bool zeros;
    bool has_precision;
    size_t precision;
    unsigned longs; /* 0: int, 1: long or size_t, 2: long long */
};

static void emit(struct output *output, struct str bytes)
{
    if (output->array == NULL) {
        buf_append(output->buf, bytes);
        return;
    }
    size_t room = output->size - 1 - output->length;
    struct str fitting = str_take(bytes, room);
    if (fitting.length > 0)
        memcpy(output->array + output->length, fitting.data, fitting.length);
    output->length += fitting.length;
}

static void emit_padding(struct output *output, size_t width, size_t used, char fill)
{
    for (size_t i = used; i < width; i++)
        emit(output, str_bytes(&fill, 1));
}

static void emit_number(struct output *output, const struct directive *directive,
                        unsigned long long magnitude, bool negative, unsigned base)
{
    char digits[24];
    size_t start = sizeof digits;
    do {
        digits[--start] = "0123456789abcdef"[magnitude % base];
        magnitude /= base;
    } while (magnitude > 0);
    size_t count = sizeof digits - start + (negative ? 1 : 0);
    if (!directive->zeros)
        emit_padding(output, directive->width, count, ' ');
    if (negative)
        emit(output, STR("-"));
    if (directive->zeros)
        emit_padding(output, directive->width, count, '0');
    emit(output, str_bytes(digits + start, sizeof digits - start));
}

static void emit_string(struct output *output, const struct directive *directive, const char *text)
{
    char room[TEXT_MOST];
    struct str string = {text == NULL ? "(null)" : text_unpack(text, room), 0};
    string.length =
        directive->has_precision ? strnlen(string.data, directive->precision) : strlen(string.data);
    emit_padding(output, directive->width, string.length, ' ');
    emit(output, string);
}

/* The next integer, extended as its sign says. */
static unsigned long long next_integer(unsigned longs, bool is_signed, va_list *arguments)
{
    if (longs == 0) {
        unsigned value = va_arg(*arguments, unsigned);
        return is_signed ? (unsigned long long)(int)value : value;
    }
    if (longs == 1) {
        unsigned long value = va_arg(*arguments, unsigned long);
        return is_signed ? (unsigned long long)(long)value : value;
    }
    return va_arg(*arguments, unsigned long long);
}

/* Reads flags, width, precision and length modifiers; returns the conversion character's place. */
static const char *read_directive(const char *at, struct directive *directive, va_list *arguments)
{
    if (*at == '0') {
        directive->zeros = true;
        at++;
    }
    for (; is_digit(*at); at++)
        directive->width = directive->width * 10 + (size_t)(*at - '0');
    if (at[0] == '.' && at[1] == '*') {
        int precision = va_arg(*arguments, int);
        directive->has_precision = true;
        directive->precision = precision < 0 ? 0 : (size_t)precision;
        at += 2;
    }
    for (; *at == 'l' || *at == 'z'; at++)
        directive->longs++;
    return at;
}

static void convert(struct output *output, char conversion, const struct directive *directive,
                    va_list *arguments)
{
    switch (conversion) {
    case 's':
        emit_string(output, directive, va_arg(*arguments, const char *));
        break;
    case 'c': {
        char byte = (char)va_arg(*arguments, int);
        emit(output, str_bytes(&byte, 1));
        break;
    }
    case 'd':
    case 'i': {
        unsigned long long value = next_integer(directive->longs, true, arguments);
        bool negative = (long long)value < 0;
        emit_number(output, directive, negative ? 0 - value : value, negative, 10);
        break;
    }
    case 'u':
    case 'x':
        emit_number(output, directive, next_integer(directive->longs, false, arguments), false,
                    conversion == 'x' ? 16 : 10);
        break;
    default:
        emit(output, str_bytes(&conversion, 1));
        break;
    }
}

static void format_all(struct output *output, const char *format, va_list *arguments)
{
    char room[TEXT_MOST];
    format = text_unpack(format, room);
    while (*format != '\0') {
        size_t literal = strcspn(format, "%");
        emit(output, str_bytes(format, literal));
        format += literal;
        if (*format == '\0')
            return;
        struct directive directive = {0};
        format = read_directive(format + 1, &directive, arguments);
        if (*format == '\0')
            return;
        convert(output, *format++, &directive, arguments);
    }
}

bool format_to_buf(struct buf *buf, const char *format, va_list arguments)
{
    struct output output = {.buf = buf};
    va_list copy;
    va_copy(copy, arguments);
    format_all(&output, format, &copy);
    va_end(copy);
    return !buf->failed;
}

size_t format_text_va(char *out, size_t size, const char *format, va_list arguments)
{
    struct output output = {.array = out, .size = size};
    va_list copy;
    va_copy(copy, arguments);
    format_all(&output, format, &copy);
    va_end(copy);
    out[output.length] = '\0';
    return output.length;
}

NO_FLOATS size_t format_text(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_text_va(out, size, format, arguments);
    va_end(arguments);
    return length;
}

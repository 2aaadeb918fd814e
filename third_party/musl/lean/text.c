/* Of the string functions, those that the resolver calls and that bring tables and state machines:
 * 3 KB. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *memmem(const void *text, size_t length, const void *part, size_t size)
{
    const char *at = text;
    const char *end = at + length;
    while (size > 0 && at != NULL && (size_t)(end - at) >= size) {
        if (memcmp(at, part, size) == 0)
            break;
        at = memchr(at + 1, *(const char *)part, (size_t)(end - at) - 1);
    }
    return at != NULL && (size_t)(end - at) >= size ? (void *)(uintptr_t)at : NULL;
}

char *strstr(const char *text, const char *part)
{
    return memmem(text, strlen(text), part, strlen(part));
}

/* In the C locale, which is the only one here: a character is a byte, and it is ASCII. */
size_t mbstowcs(wchar_t *restrict wide, const char *restrict text, size_t count)
{
    size_t length = 0;
    for (; (wide == NULL || length < count) && text[length] != '\0'; length++) {
        if ((unsigned char)text[length] > 0x7f) {
            errno = EILSEQ;
            return (size_t)-1;
        }
        if (wide != NULL)
            wide[length] = (unsigned char)text[length];
    }
    if (wide != NULL && length < count)
        wide[length] = L'\0';
    return length;
}

/* The value of a digit, or 36 for what is none in any base. */
static unsigned digit_of(char byte)
{
    if (byte >= '0' && byte <= '9')
        return (unsigned)(byte - '0');
    if (isalpha((unsigned char)byte))
        return (unsigned)(byte | 0x20) - 'a' + 10;
    return 36;
}

static bool has_hexadecimal_prefix(const char *at)
{
    return at[0] == '0' && (at[1] | 0x20) == 'x' && digit_of(at[2]) < 16;
}

/* strtoul(3) for a type that ends at `most`. */
static unsigned long long read_number(const char *text, char **end, int base,
                                      unsigned long long most)
{
    const char *at = text;
    while (isspace((unsigned char)*at))
        at++;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if ((base == 0 || base == 16) && has_hexadecimal_prefix(at)) {
        at += 2;
        base = 16;
    } else if (base == 0) {
        base = *at == '0' ? 8 : 10;
    }
    const char *first = at;
    unsigned long long value = 0;
    bool fits = true;
    for (unsigned digit; (digit = digit_of(*at)) < (unsigned)base; at++)
        fits = !__builtin_mul_overflow(value, (unsigned)base, &value) &&
               !__builtin_add_overflow(value, digit, &value) && value <= most && fits;
    if (end != NULL)
        *end = (char *)(at == first ? text : at);
    if (!fits) {
        errno = ERANGE;
        return most;
    }
    return negative ? -value : value;
}

unsigned long strtoul(const char *restrict text, char **restrict end, int base)
{
    return (unsigned long)read_number(text, end, base, ULONG_MAX);
}

unsigned long long strtoull(const char *restrict text, char **restrict end, int base)
{
    return read_number(text, end, base, ULLONG_MAX);
}

size_t strcspn(const char *text, const char *others)
{
    size_t length = 0;
    while (text[length] != '\0' && strchr(others, text[length]) == NULL)
        length++;
    return length;
}

char *__strchrnul(const char *text, int byte);

char *__strchrnul(const char *text, int byte)
{
    while (*text != '\0' && *text != (char)byte)
        text++;
    return (char *)(uintptr_t)text;
}

char *strchrnul(const char *text, int byte)
{
    return __strchrnul(text, byte);
}

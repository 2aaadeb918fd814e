#include "base/str.h"

#include <stdlib.h>
#include <string.h>

bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

char to_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

bool is_alphanumeric(char byte)
{
    char lower = to_lower(byte);
    return is_digit(byte) || (lower >= 'a' && lower <= 'z');
}

unsigned digit_value(char byte)
{
    if (is_digit(byte))
        return (unsigned)(byte - '0');
    char lower = to_lower(byte);
    return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10 : 16;
}

bool str_equal(struct str a, struct str b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool str_equal_ignore_case(struct str a, struct str b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (to_lower(a.data[i]) != to_lower(b.data[i]))
            return false;
    return true;
}

bool text_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool str_starts_with(struct str text, struct str prefix)
{
    return text.length >= prefix.length && str_equal(str_take(text, prefix.length), prefix);
}

bool str_ends_with(struct str text, struct str suffix)
{
    return text.length >= suffix.length &&
           str_equal(str_skip(text, text.length - suffix.length), suffix);
}

size_t str_index_of(struct str text, char byte)
{
    const char *found = text.length == 0 ? NULL : memchr(text.data, byte, text.length);
    return found == NULL ? text.length : (size_t)(found - text.data);
}

bool str_holds(struct str text, char byte)
{
    return str_index_of(text, byte) < text.length;
}

bool str_consists_of(struct str text, struct str others)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_alphanumeric(text.data[i]) && !str_holds(others, text.data[i]))
            return false;
    return text.length > 0;
}

size_t str_search(struct str text, struct str needle)
{
    for (size_t at = 0; at < text.length; at++)
        if (needle.length > 0 && str_starts_with(str_skip(text, at), needle))
            return at;
    return text.length;
}

struct str str_trim(struct str text)
{
    while (text.length > 0 && is_space(text.data[0]))
        text = str_skip(text, 1);
    while (text.length > 0 && is_space(text.data[text.length - 1]))
        text.length--;
    return text;
}

bool str_next(struct str *rest, char separator, struct str *part)
{
    if (rest->data == NULL)
        return false;
    size_t end = str_index_of(*rest, separator);
    *part = str_take(*rest, end);
    if (end == rest->length)
        *rest = (struct str){NULL, 0};
    else
        *rest = str_skip(*rest, end + 1);
    return true;
}

bool str_next_line(struct str *rest, struct str *line)
{
    if (rest->length == 0 || !str_next(rest, '\n', line))
        return false;
    if (line->length > 0 && line->data[line->length - 1] == '\r')
        line->length--;
    return true;
}

size_t str_find_word(const char *words, struct str text)
{
    struct str rest = str_from(words);
    struct str word;
    for (size_t i = 0; str_next(&rest, ' ', &word); i++)
        if (str_equal_ignore_case(word, text))
            return i;
    return SIZE_MAX;
}

struct str str_word(const char *words, size_t index)
{
    struct str rest = str_from(words);
    struct str word = {0};
    for (size_t i = 0; i <= index; i++)
        str_next(&rest, ' ', &word);
    return word;
}

bool str_to_unsigned(struct str text, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    if (text.length == 0)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (!is_digit(text.data[i]))
            return false;
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

char *str_duplicate(struct str text)
{
    char *copy = malloc(text.length + 1);
    if (copy == NULL)
        return NULL;
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return copy;
}

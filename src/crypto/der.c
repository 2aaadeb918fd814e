#include "crypto/der.h"

#include "base/format.h"

enum { LONG_FORM = 0x80, MOST_LENGTH_BYTES = 4 };

static uint8_t byte_at(struct str bytes, size_t index)
{
    return (uint8_t)bytes.data[index];
}

/* Reads the length at the start of `rest` and moves past it (X.690 §8.1.3, §10.1). */
static bool take_length(struct str *rest, size_t *length)
{
    if (rest->length == 0)
        return false;
    uint8_t first = byte_at(*rest, 0);
    *rest = str_skip(*rest, 1);
    *length = first;
    if (first < LONG_FORM)
        return true;
    size_t count = first - LONG_FORM;
    if (count == 0 || count > MOST_LENGTH_BYTES || count > rest->length || byte_at(*rest, 0) == 0)
        return false;
    *length = 0;
    for (size_t i = 0; i < count; i++)
        *length = *length << 8 | byte_at(*rest, i);
    *rest = str_skip(*rest, count);
    return *length >= LONG_FORM;
}

bool der_next_is(struct str rest, enum der_tag tag)
{
    return rest.length > 0 && byte_at(rest, 0) == tag;
}

bool der_next(struct str *rest, enum der_tag tag, struct str *contents)
{
    size_t length = 0;
    if (!der_next_is(*rest, tag))
        return false;
    struct str at = str_skip(*rest, 1);
    if (!take_length(&at, &length) || length > at.length)
        return false;
    *contents = str_take(at, length);
    *rest = str_skip(at, length);
    return true;
}

bool der_list(struct str list, const char *tags, struct str *contents)
{
    for (; *tags != '\0'; tags++, contents++)
        if (!der_next(&list, (enum der_tag) * tags, contents))
            return false;
    return list.length == 0;
}

bool der_is_natural(struct str contents)
{
    if (contents.length == 0 || byte_at(contents, 0) >= 0x80)
        return false;
    return contents.length == 1 || byte_at(contents, 0) != 0 || byte_at(contents, 1) >= 0x80;
}

bool der_next_number(struct str *rest, uint64_t *number)
{
    struct str at = *rest;
    struct str digits;
    if (!der_next(&at, DER_INTEGER, &digits) || !der_is_natural(digits))
        return false;
    *rest = at;
    *number = 0;
    for (size_t i = 0; i < digits.length; i++)
        *number = *number > UINT64_MAX >> 8 ? UINT64_MAX : *number << 8 | byte_at(digits, i);
    return true;
}

/* The next number of base 128; false when it is cut off or larger than any that is in use. */
static bool take_arc(struct str *rest, uint64_t *arc)
{
    *arc = 0;
    while (rest->length > 0 && *arc <= UINT64_MAX >> 7) {
        uint8_t byte = byte_at(*rest, 0);
        *rest = str_skip(*rest, 1);
        *arc = *arc << 7 | (byte & 0x7f);
        if (byte < 0x80)
            return true;
    }
    return false;
}

void der_oid_text(struct str oid, char out[DER_OID_TEXT_SIZE])
{
    uint64_t arc = 0;
    out[0] = '\0';
    if (!take_arc(&oid, &arc))
        return;
    /* The first two numbers are one: 40 times the first, which is at most 2, and the second. */
    uint64_t root = arc < 80 ? arc / 40 : 2;
    size_t length = format_text(out, DER_OID_TEXT_SIZE, "%llu.%llu", (unsigned long long)root,
                                (unsigned long long)(arc - root * 40));
    while (take_arc(&oid, &arc))
        length +=
            format_text(out + length, DER_OID_TEXT_SIZE - length, ".%llu", (unsigned long long)arc);
}

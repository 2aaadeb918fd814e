#include "crypto/asn1.h"

#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <string.h>

static uint8_t byte_at(struct str bytes, size_t index)
{
    return (uint8_t)bytes.data[index];
}

/* Returns the size of a tag and of `length` in its shortest form (X.690 §10.1), in bytes. */
static size_t shortest_header(size_t length)
{
    size_t size = 2;
    if (length >= 0x80)
        for (; length > 0; length >>= 8)
            size++;
    return size;
}

bool asn1_next_is(struct str rest, enum asn1_tag tag)
{
    return rest.length > 0 && byte_at(rest, 0) == tag;
}

bool asn1_next(struct str *rest, enum asn1_tag tag, struct str *contents)
{
    /* The library takes a pointer to non-const bytes, but does not write to them. */
    unsigned char *start = (unsigned char *)(uintptr_t)rest->data;
    unsigned char *at = start;
    size_t length = 0;
    if (rest->length == 0 ||
        mbedtls_asn1_get_tag(&at, start + rest->length, &length, (int)tag) != 0)
        return false;
    if ((size_t)(at - start) != shortest_header(length))
        return false;
    *contents = str_bytes(at, length);
    *rest = str_skip(*rest, (size_t)(at - start) + length);
    return true;
}

bool asn1_read_elements(struct str list, const char *tags, struct str *contents)
{
    for (; *tags != '\0'; tags++, contents++)
        if (!asn1_next(&list, (enum asn1_tag) * tags, contents))
            return false;
    return list.length == 0;
}

bool asn1_is_unsigned(struct str contents)
{
    if (contents.length == 0 || byte_at(contents, 0) >= 0x80)
        return false;
    return contents.length == 1 || byte_at(contents, 0) != 0 || byte_at(contents, 1) >= 0x80;
}

bool asn1_next_unsigned(struct str *rest, uint64_t *number)
{
    struct str at = *rest;
    struct str digits;
    if (!asn1_next(&at, ASN1_INTEGER, &digits) || !asn1_is_unsigned(digits))
        return false;
    *rest = at;
    *number = 0;
    for (size_t i = 0; i < digits.length; i++)
        *number = *number > UINT64_MAX >> 8 ? UINT64_MAX : *number << 8 | byte_at(digits, i);
    return true;
}

/* Divides the number by ten for each digit, from the last to the first. */
bool asn1_decimal(struct str contents, char out[ASN1_DECIMAL_SIZE])
{
    uint8_t number[ASN1_LONGEST_DECIMAL];
    char digits[ASN1_DECIMAL_SIZE] = "";
    size_t at = sizeof digits - 1;
    size_t first = 0;
    if (!asn1_is_unsigned(contents) || contents.length > sizeof number)
        return false;
    memcpy(number, contents.data, contents.length);
    do {
        unsigned remainder = 0;
        for (size_t i = first; i < contents.length; i++) {
            remainder = remainder << 8 | number[i];
            number[i] = (uint8_t)(remainder / 10);
            remainder %= 10;
        }
        digits[--at] = (char)('0' + remainder);
        while (first < contents.length && number[first] == 0)
            first++;
    } while (first < contents.length);
    memcpy(out, digits + at, sizeof digits - at);
    return true;
}

void asn1_append(struct buf *out, enum asn1_tag tag, struct str contents)
{
    unsigned char header[8] = {0};
    unsigned char *at = header + sizeof header;
    if (mbedtls_asn1_write_len(&at, header, contents.length) < 0 ||
        mbedtls_asn1_write_tag(&at, header, (unsigned char)tag) < 0)
        out->failed = true;
    buf_append(out, str_bytes(at, (size_t)(header + sizeof header - at)));
    buf_append(out, contents);
}

void asn1_oid_text(struct str oid, char out[ASN1_OID_TEXT_SIZE])
{
    const mbedtls_asn1_buf identifier = {
        .tag = MBEDTLS_ASN1_OID,
        .len = oid.length,
        .p = (unsigned char *)(uintptr_t)oid.data,
    };
    if (mbedtls_oid_get_numeric_string(out, ASN1_OID_TEXT_SIZE, &identifier) < 0)
        memcpy(out, "?", sizeof "?");
}

#include "net/address.h"

#include "base/format.h"

#include <arpa/inet.h>

enum { GROUPS = ADDRESS_V6_SIZE / 2 };

size_t address_parse(const char *text, uint8_t bytes[ADDRESS_V6_SIZE])
{
    if (inet_pton(AF_INET, text, bytes) == 1)
        return ADDRESS_V4_SIZE;
    return inet_pton(AF_INET6, text, bytes) == 1 ? ADDRESS_V6_SIZE : 0;
}

static unsigned group(const uint8_t *bytes, size_t i)
{
    return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

static size_t zeros_from(const uint8_t *bytes, size_t start)
{
    size_t end = start;
    while (end < GROUPS && group(bytes, end) == 0)
        end++;
    return end - start;
}

static void format_v6(const uint8_t *bytes, char *out)
{
    size_t gap = GROUPS; /* the longest run of two or more zero groups, the first of equals */
    size_t gap_length = 1;
    for (size_t i = 0; i < GROUPS; i++) {
        if (zeros_from(bytes, i) > gap_length) {
            gap = i;
            gap_length = zeros_from(bytes, i);
        }
    }
    size_t length = 0;
    for (size_t i = 0; i < GROUPS;) {
        if (i == gap) {
            i += gap_length;
            length += format_text(out + length, ADDRESS_TEXT_SIZE - length, "%s",
                                  i == GROUPS ? "::" : ":");
        } else {
            length += format_text(out + length, ADDRESS_TEXT_SIZE - length, "%s%x",
                                  i == 0 ? "" : ":", group(bytes, i));
            i++;
        }
    }
}

void address_format(const uint8_t *bytes, size_t size, char out[ADDRESS_TEXT_SIZE])
{
    if (size == ADDRESS_V6_SIZE)
        format_v6(bytes, out);
    else
        format_text(out, ADDRESS_TEXT_SIZE, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* Text forms of bytes. Private keys pass here, so no table is indexed and no branch taken by what a
 * character is: four characters are worked on at once, one in each byte of a word. */
#include "base/crypto.h"

#include <string.h>

enum { QUANTUM = 4, QUANTUM_BYTES = 3 };

/* Also in a build for size: a call for each operation would take ten times as long as the
 * operation. */
#define INLINED static inline __attribute__((always_inline))

#define EACH_BYTE 0x01010101u
#define HIGH_BITS 0x80808080u

/* In each byte of `word`, all below 0x80: 1 when it is at least `least` (1 to 0x80), else 0. */
INLINED uint32_t at_least(uint32_t word, uint32_t least)
{
    return (((word | HIGH_BITS) - least * EACH_BYTE) & HIGH_BITS) >> 7;
}

INLINED uint32_t in_range(uint32_t word, uint32_t first, uint32_t last)
{
    return at_least(word, first) & ~at_least(word, last + 1);
}

INLINED uint32_t load_quantum(const char *text)
{
    const uint8_t *bytes = (const uint8_t *)text;
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Turns four characters into four values of six bits; false when one is not of the alphabet. */
static bool values_of(uint32_t characters, uint32_t *values)
{
    uint32_t word = characters & ~HIGH_BITS;
    uint32_t upper = in_range(word, 'A', 'Z');
    uint32_t lower = in_range(word, 'a', 'z');
    uint32_t digit = in_range(word, '0', '9');
    uint32_t plus = in_range(word, '+', '+');
    uint32_t slash = in_range(word, '/', '/');
    uint32_t known = upper | lower | digit | plus | slash;
    /* No byte overflows: each is in one range at most, and the unknown ones are given up. */
    *values = word + 4 * digit + 19 * plus + 16 * slash;
    *values = (*values | HIGH_BITS) - ('A' * upper + ('a' - 26) * lower);
    *values &= ~HIGH_BITS;
    return known == EACH_BYTE && characters == word;
}

INLINED uint32_t characters_of(uint32_t values)
{
    return values + 'A' * EACH_BYTE + 6 * at_least(values, 26) + 3 * at_least(values, 63) -
           75 * at_least(values, 52) - 15 * at_least(values, 62);
}

/* Three bytes of `values`, the first character's highest, as a number; and back. */
INLINED uint32_t join(uint32_t values)
{
    return (values & 0x3f) << 18 | (values >> 8 & 0x3f) << 12 | (values >> 16 & 0x3f) << 6 |
           (values >> 24 & 0x3f);
}

INLINED uint32_t split(uint32_t bits)
{
    return (bits >> 18 & 0x3f) | (bits >> 12 & 0x3f) << 8 | (bits >> 6 & 0x3f) << 16 |
           (bits & 0x3f) << 24;
}

/* Appends the first `count` of the three bytes in `bits`. `capacity` is what the buffer has room
 * for. */
INLINED bool put_bytes(struct buf *out, size_t capacity, uint32_t bits, size_t count)
{
    if (capacity - out->length < count) {
        out->failed = true;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        out->data[out->length + i] = (char)(uint8_t)(bits >> (16 - 8 * i));
    out->length += count;
    return true;
}

/* Decodes whole quanta until one holds something else, or the buffer is full; returns the length of
 * their text. */
static size_t decode_run(struct str text, struct buf *out, size_t capacity)
{
    size_t at = 0;
    uint32_t values = 0;
    while (text.length - at >= QUANTUM && values_of(load_quantum(text.data + at), &values) &&
           put_bytes(out, capacity, join(values), QUANTUM_BYTES))
        at += QUANTUM;
    return at;
}

/* The last quantum: one or two '=' at its end, and no bit set that is not part of a byte (RFC 4648
 * §3.5). */
static bool decode_padded(char quantum[QUANTUM], struct buf *out, size_t capacity)
{
    size_t padding = quantum[2] == '=' ? 2 : 1;
    uint32_t values = 0;
    if (quantum[3] != '=')
        return false;
    memset(quantum + QUANTUM - padding, 'A', padding);
    if (!values_of(load_quantum(quantum), &values))
        return false;
    uint32_t bits = join(values);
    return (bits & ((1u << (8 * padding)) - 1)) == 0 &&
           put_bytes(out, capacity, bits, QUANTUM_BYTES - padding);
}

/* Makes room for all that the text can give, or for all that the limit leaves; returns the capacity
 * then. */
static size_t reserve_decoded(struct buf *out, size_t text_length)
{
    size_t most = text_length / QUANTUM * QUANTUM_BYTES;
    size_t room = out->limit - out->length;
    size_t taken = most < room ? most : room;
    return buf_reserve(out, taken) ? out->length + taken : 0;
}

static bool is_white(char byte)
{
    return byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t';
}

bool base64_decode(struct str text, struct buf *out)
{
    size_t capacity = reserve_decoded(out, text.length);
    char quantum[QUANTUM];
    size_t count = 0;
    bool ended = false;
    while (text.length > 0 && !out->failed) {
        if (count == 0 && !ended)
            text = str_skip(text, decode_run(text, out, capacity));
        if (text.length == 0)
            break;
        char byte = text.data[0];
        text = str_skip(text, 1);
        if (is_white(byte))
            continue;
        if (ended)
            return false;
        quantum[count++] = byte;
        if (count < QUANTUM)
            continue;
        count = 0;
        ended = decode_run(str_bytes(quantum, QUANTUM), out, capacity) == 0;
        if (ended && !decode_padded(quantum, out, capacity))
            return false;
    }
    return count == 0 && !out->failed;
}

#define EIGHT 0x0101010101010101u

/* For eight characters, as bytes with the high bit set: the high bit of each in the range. */
INLINED uint64_t high_bits_in_range(uint64_t bytes, uint64_t first, uint64_t last)
{
    return (bytes - first * EIGHT) & ~(bytes - (last + 1) * EIGHT);
}

bool base64_is_plausible(struct str text)
{
    uint64_t all = 0x80 * EIGHT;
    for (size_t at = 0; at < text.length; at += sizeof all) {
        uint64_t characters = 'A' * EIGHT;
        size_t left = text.length - at;
        if (left >= sizeof characters)
            memcpy(&characters, text.data + at, sizeof characters);
        else
            memcpy(&characters, text.data + at, left);
        uint64_t bytes = characters | 0x80 * EIGHT;
        uint64_t known = high_bits_in_range(bytes | 0x20 * EIGHT, 'a', 'z') |
                         high_bits_in_range(bytes, '/', '9') | high_bits_in_range(bytes, '+', '+') |
                         high_bits_in_range(bytes, '=', '=') | high_bits_in_range(bytes, ' ', ' ') |
                         high_bits_in_range(bytes, '\t', '\n') |
                         high_bits_in_range(bytes, '\r', '\r');
        all &= known & ~characters;
    }
    return all == 0x80 * EIGHT;
}

bool base64_encode(struct str bytes, struct buf *out)
{
    size_t length = (bytes.length / QUANTUM_BYTES + (bytes.length % QUANTUM_BYTES != 0)) * QUANTUM;
    if (!buf_reserve(out, length))
        return false;
    const uint8_t *from = (const uint8_t *)bytes.data;
    for (size_t at = 0; at < bytes.length; at += QUANTUM_BYTES) {
        size_t count = bytes.length - at;
        uint32_t bits = (uint32_t)from[at] << 16;
        bits |= count > 1 ? (uint32_t)from[at + 1] << 8 : 0;
        bits |= count > 2 ? from[at + 2] : 0;
        uint32_t characters = characters_of(split(bits));
        for (size_t i = 0; i < QUANTUM; i++, characters >>= 8)
            out->data[out->length++] = i <= count ? (char)(characters & 0x7f) : '=';
    }
    return true;
}

void hex_encode(const uint8_t *bytes, size_t size, char *out)
{
    for (size_t i = 0; i < 2 * size; i++) {
        unsigned digit = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 0xfu;
        out[i] = (char)('0' + digit + (digit > 9 ? 'a' - '0' - 10u : 0u));
    }
    out[2 * size] = '\0';
}

bool equal_in_constant_time(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    uint8_t differences = 0;
    for (size_t i = 0; i < size; i++)
        differences |= left[i] ^ right[i];
    return differences == 0;
}

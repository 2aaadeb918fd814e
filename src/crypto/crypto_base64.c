/* Text forms of bytes. Private keys pass here, so no table is indexed and no branch taken by what a
 * character is: four characters are looked at at once, one in each byte of a word. */
#include "crypto/crypto.h"

#include <string.h>

enum { QUANTUM = 4, QUANTUM_BYTES = 3 };

/* Also in a build for size: a call for each operation would take ten times as long as the
 * operation. */
#define INLINED static inline __attribute__((always_inline))

#define EACH_BYTE 0x01010101u
#define HIGH_BITS 0x80808080u

/* For four characters as bytes whose high bit is set: the high bit of those in the range stays.
 * The bits below it are to be ignored. */
INLINED uint32_t in_range(uint32_t bytes, uint32_t first, uint32_t last)
{
    return (bytes - first * EACH_BYTE) & ~(bytes - (last + 1) * EACH_BYTE);
}

/* The same as 1 or 0 in each byte. */
INLINED uint32_t ones_in_range(uint32_t bytes, uint32_t first, uint32_t last)
{
    return (in_range(bytes, first, last) & HIGH_BITS) >> 7;
}

/* Four characters as a number of 24 bits; false when one is not of the alphabet. */
static bool bits_of(const char quantum[QUANTUM], uint32_t *bits)
{
    uint32_t word = 0;
    memcpy(&word, quantum, sizeof word);
    uint32_t bytes = word | HIGH_BITS;
    uint32_t upper = ones_in_range(bytes, 'A', 'Z');
    uint32_t lower = ones_in_range(bytes, 'a', 'z');
    uint32_t digit = ones_in_range(bytes, '0', '9');
    uint32_t plus = ones_in_range(bytes, '+', '+');
    uint32_t slash = ones_in_range(bytes, '/', '/');
    uint32_t values = word - 'A' * upper - ('a' - 26) * lower + 4 * digit + 19 * plus + 16 * slash;
    uint8_t each[QUANTUM];
    memcpy(each, &values, sizeof each);
    *bits = (uint32_t)each[0] << 18 | (uint32_t)each[1] << 12 | (uint32_t)each[2] << 6 | each[3];
    return (upper | lower | digit | plus | slash) == EACH_BYTE && (word & HIGH_BITS) == 0;
}

/* Appends the first `count` of the three bytes in `bits`. `capacity` is what the buffer has room
 * for. */
static bool put_bytes(struct buf *out, size_t capacity, uint32_t bits, size_t count)
{
    char *to = out->data + out->length;
    if (capacity - out->length < count) {
        out->failed = true;
        return false;
    }
    for (size_t i = 0; i < count; i++, bits <<= 8)
        to[i] = (char)(bits >> 16);
    out->length += count;
    return true;
}

/* Appends what four characters stand for. One or two '=' may end the last four; then no bit may be
 * set that is not part of a byte (RFC 4648 §3.5). */
static bool decode_quantum(char quantum[QUANTUM], struct buf *out, size_t capacity, bool *ended)
{
    uint32_t bits = 0;
    size_t padding = quantum[3] != '=' ? 0 : quantum[2] != '=' ? 1 : 2;
    for (size_t i = 0; i < padding; i++)
        quantum[QUANTUM - 1 - i] = 'A';
    if (!bits_of(quantum, &bits) || (bits & ((1u << (8 * padding)) - 1)) != 0)
        return false;
    *ended = padding > 0;
    return put_bytes(out, capacity, bits, QUANTUM_BYTES - padding);
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

bool base64_decode(struct str text, struct buf *out)
{
    size_t capacity = reserve_decoded(out, text.length);
    char quantum[QUANTUM];
    size_t count = 0;
    bool ended = false;
    uint32_t bits = 0;
    for (size_t at = 0; at < text.length && !out->failed; at++) {
        /* Most of a text comes four at a time. */
        while (count % QUANTUM == 0 && !ended && text.length - at > QUANTUM &&
               bits_of(text.data + at, &bits) && put_bytes(out, capacity, bits, QUANTUM_BYTES))
            at += QUANTUM;
        char byte = text.data[at];
        if (byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t')
            continue;
        if (ended)
            return false;
        quantum[count++ % QUANTUM] = byte;
        if (count % QUANTUM == 0 && !decode_quantum(quantum, out, capacity, &ended))
            return false;
    }
    return count % QUANTUM == 0 && !out->failed;
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

/* The character for a value below 64: each difference below has its upper bits set past a limit. */
static char character_of(uint32_t value)
{
    return (char)(value + 'A' + ((25 - value) >> 8 & 6) - ((51 - value) >> 8 & 75) -
                  ((61 - value) >> 8 & 15) + ((62 - value) >> 8 & 3));
}

bool base64_encode(struct str bytes, struct buf *out)
{
    for (size_t at = 0; at < bytes.length; at += QUANTUM_BYTES) {
        char quantum[QUANTUM];
        uint32_t bits = 0;
        size_t count = bytes.length - at;
        for (size_t i = 0; i < QUANTUM_BYTES; i++)
            bits = bits << 8 | (i < count ? (uint8_t)bytes.data[at + i] : 0);
        for (size_t i = 0; i < QUANTUM; i++, bits <<= 6)
            quantum[i] = i <= count ? character_of(bits >> 18 & 63) : '=';
        buf_append(out, str_bytes(quantum, QUANTUM));
    }
    return !out->failed;
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

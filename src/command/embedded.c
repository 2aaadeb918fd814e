#include "command/embedded.h"

enum { LITERAL_BITS = 7, LOW_BITS = 7 };

/* The next bits of the stream, of which `*at` have been read. */
static unsigned take_bits(size_t *at, unsigned count)
{
    unsigned value = 0;
    for (; count > 0; count--, ++*at)
        value = value << 1 | ((unsigned)embedded_packed[*at / 8] >> (7 - *at % 8) & 1U);
    return value;
}

static unsigned take_gamma(size_t *at)
{
    unsigned bits = 0;
    while (take_bits(at, 1) == 0)
        bits++;
    return 1U << bits | take_bits(at, bits);
}

bool embedded_unpack(struct buf *texts, struct error *error)
{
    size_t at = 0;
    if (!buf_reserve(texts, embedded_length))
        return error_no_memory(error);
    while (texts->length < embedded_length) {
        if (take_bits(&at, 1) == 1) {
            texts->data[texts->length++] = (char)take_bits(&at, LITERAL_BITS);
            continue;
        }
        unsigned length = take_gamma(&at) + 1;
        size_t distance = (take_gamma(&at) - 1) << LOW_BITS;
        distance += take_bits(&at, LOW_BITS) + 1;
        for (; length > 0; length--, texts->length++)
            texts->data[texts->length] = texts->data[texts->length - distance];
    }
    return true;
}

#include "base/text.h"

#include <stdint.h>

/* Writes what a byte stands for; returns the end. */
static char *unpack(signed char byte, char *out)
{
    while (byte < ' ' && byte != '\n') {
        const char *pair = text_pairs[byte + 128];
        out = unpack((signed char)pair[0], out);
        byte = (signed char)pair[1];
    }
    *out = (char)byte;
    return out + 1;
}

/* The compiler knows a text only with its mark. */
NOT_LOOKED_INTO const char *text_unpack(const char *text, char room[TEXT_MOST])
{
    if ((uintptr_t)text - (uintptr_t)texts_begin >= (uintptr_t)texts_end - (uintptr_t)texts_begin)
        return text;
    char *end = room;
    for (; *text != '\0'; text++)
        end = unpack((signed char)*text, end);
    *end = '\0';
    return room;
}

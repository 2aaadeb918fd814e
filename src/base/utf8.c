#include "base/utf8.h"

bool utf8_is_character(uint32_t number)
{
    enum { LAST_CHARACTER = 0x10ffff, FIRST_SURROGATE = 0xd800, LAST_SURROGATE = 0xdfff };
    return number <= LAST_CHARACTER && (number < FIRST_SURROGATE || number > LAST_SURROGATE);
}

size_t utf8_decode(const char *at, size_t left, uint32_t *character)
{
    uint8_t lead = (uint8_t)at[0];
    *character = lead;
    if (lead < 0x80)
        return 1;
    unsigned followers = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (lead < 0xc2 || lead > 0xf4 || left <= followers)
        return 0;
    uint32_t number = lead & (0x3fU >> followers);
    for (unsigned i = 1; i <= followers; i++) {
        if (((uint8_t)at[i] & 0xc0) != 0x80)
            return 0;
        number = number << 6 | ((uint8_t)at[i] & 0x3f);
    }
    /* RFC 3629 forbids a longer sequence than the character needs: three bytes below U+0800 and
     * four below U+10000. The check of `lead` has excluded two bytes below U+0080. */
    bool too_long = followers > 1 && number < 1U << (5 * followers + 1);
    *character = number;
    return !too_long && utf8_is_character(number) ? followers + 1 : 0;
}

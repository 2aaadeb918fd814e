/* UTF-8 (RFC 3629), one character at a time. */
#ifndef WCP_BASE_UTF8_H
#define WCP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns false for surrogates and for numbers beyond U+10FFFF. */
bool utf8_is_character(uint32_t number);
/* Decodes the character that begins at `at`; `left` > 0 bytes are readable there. Returns the
 * length of its sequence, 1 to 4, or 0 when there is no valid one. */
size_t utf8_decode(const char *at, size_t left, uint32_t *character);

#endif

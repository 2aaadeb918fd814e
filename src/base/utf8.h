/* UTF-8 (RFC 3629), one character at a time. */
#ifndef WCP_BASE_UTF8_H
#define WCP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False beyond U+10FFFF and for surrogates. */
bool utf8_is_character(uint32_t number);
/* Length of the sequence at `at`, of at most `left` > 0 bytes, and the character it stands for; 0
 * when there is none. */
size_t utf8_decode(const char *at, size_t left, uint32_t *character);

#endif

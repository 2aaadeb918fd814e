/* Texts for people: half as long in the static binary as they are read.
 *
 * There each text that PACKED marks is packed when the assembler is called (tools/pack_texts.c): a
 * byte that is no printable character stands for a pair of others. Only the functions of
 * base/format.h can read such a text, as format and for %s; nothing else may be given one. */
#ifndef WCP_BASE_TEXT_H
#define WCP_BASE_TEXT_H

/* Of a function of which callers may not guess what it does. */
#if defined(__clang__)
#define NOT_LOOKED_INTO __attribute__((noinline))
#else
#define NOT_LOOKED_INTO __attribute__((noipa))
#endif

/* Stands before a literal: PACKED "it failed". */
#if defined(WCP_PACKED_TEXTS)
#define PACKED "\1"
#define MADE_WITH_TEXTS __attribute__((visibility("hidden")))
#else
#define PACKED ""
#define MADE_WITH_TEXTS __attribute__((weak))
#endif

enum { TEXT_MOST = 512 }; /* bytes of one text, its terminator included */

/* The pairs of the codes from -128 on, as signed characters, and where the packed texts lie; made
 * with them. In other builds there is none. */
extern const char text_pairs[][2] MADE_WITH_TEXTS;
extern const char texts_begin[] MADE_WITH_TEXTS;
extern const char texts_end[] MADE_WITH_TEXTS;

/* Returns `text` if it is not packed, else `room` with the text, terminated. */
const char *text_unpack(const char *text, char room[TEXT_MOST]);

#endif

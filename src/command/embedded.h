/* The texts that make the agent a service of a machine, packed into the binary at build time: all
 * below rootfs/ but the manual pages, command/setup.sh, and what --help says, which comes first. */
#ifndef WCP_COMMAND_EMBEDDED_H
#define WCP_COMMAND_EMBEDDED_H

#include "base/buf.h"
#include "base/error.h"

/* One stream of bits, the highest of a byte first, made by tools/embed.c. A 1 and seven bits are an
 * ASCII character. A 0, then in Elias's gamma code a length less one and a distance's upper part
 * plus one, then seven lower bits of the distance, less one, repeat what was unpacked before. */
extern const uint8_t embedded_packed[];
/* Bytes once unpacked: for each file its name and its text, each with a terminator. */
extern const size_t embedded_length;

/* Unpacks them all to `texts`, which must be empty and take that many bytes. */
bool embedded_unpack(struct buf *texts, struct error *error);

#endif

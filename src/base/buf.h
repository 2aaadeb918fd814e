/* A growing buffer with a limit, which wipes what it lets go of when it holds secrets. */
#ifndef WCP_BASE_BUF_H
#define WCP_BASE_BUF_H

#include "base/str.h"

/* `length` bytes at `data`, owned by the buffer. It never grows past `limit`; once it could not
 * grow, `failed` stays set and later appends do nothing, so that a sequence of appends is checked
 * once, at its end. */
struct buf {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit;
    bool secret;
    bool failed;
};

/* An empty buffer for at most `limit` bytes. */
struct buf buf_for(size_t limit);
/* The same for secrets: every byte is overwritten before its memory is given back. */
struct buf buf_for_secret(size_t limit);
#define BUF(limit) buf_for(limit)
#define BUF_SECRET(limit) buf_for_secret(limit)
/* Releases the buffer at the end of the block it is declared in. */
#define BUF_AUTO __attribute__((cleanup(buf_free)))

/* Makes room for `more` bytes beyond `length`; false (and `failed`) when that would pass the limit
 * or memory is short. */
bool buf_reserve(struct buf *buf, size_t more);
bool buf_append(struct buf *buf, struct str bytes);
bool buf_append_text(struct buf *buf, const char *text);
bool buf_append_byte(struct buf *buf, char byte);
/* Appends formatted text; the directives are those of base/format.h. */

/* Removes the first `count` bytes. */
void buf_consume(struct buf *buf, size_t count);
/* Empties the buffer and keeps its memory (wiped when secret) and limit; `failed` is reset. */
void buf_clear(struct buf *buf);
/* Gives the memory back (wiped when secret). The buffer may be used again. */
void buf_free(struct buf *buf);
/* The contents as a terminated string, valid until the next change; NULL when the buffer failed or
 * cannot hold the terminator. The terminator does not count in `length`. */
const char *buf_text(struct buf *buf);

static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->data, buf->length};
}

/* Overwrites memory in a way that the compiler does not remove. */
void wipe(void *memory, size_t size);

#endif

/* A growing byte buffer with a limit. A buffer for secrets wipes all memory that it releases. */
#ifndef WCP_BASE_BUF_H
#define WCP_BASE_BUF_H

#include "base/str.h"

/* `length` bytes at `data`, owned by the buffer. The buffer never grows past `limit` bytes. Once it
 * could not grow, `failed` stays set and later appends do nothing: a caller can append several
 * times and check once, at the end. */
struct buf {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit;
    bool secret;
    bool failed;
};

/* An empty buffer for at most `bytes` bytes. It allocates nothing until the first append. */
#define BUF(bytes) ((struct buf){.limit = (bytes)})
/* The same for secrets: memory is overwritten before it is freed. */
#define BUF_SECRET(bytes) ((struct buf){.limit = (bytes), .secret = true})
/* Frees the buffer at the end of the block that declares it. */
#define BUF_AUTO __attribute__((cleanup(buf_free)))

/* Makes room for `more` bytes beyond `length`. Returns false and sets `failed` when that would pass
 * the limit, or memory is short. */
bool buf_reserve(struct buf *buf, size_t more);
/* Append bytes, a terminated string without its terminator, or one byte. Each appends everything or
 * nothing; it returns false and sets `failed` when there is no room. */
bool buf_append(struct buf *buf, struct str bytes);
bool buf_append_text(struct buf *buf, const char *text);
bool buf_append_byte(struct buf *buf, char byte);

/* Removes the first `count` bytes, or all when there are fewer. */
void buf_consume(struct buf *buf, size_t count);
/* Empties the buffer and resets `failed`. The buffer keeps its limit and its memory, which is wiped
 * when the buffer is secret. */
void buf_clear(struct buf *buf);
/* Frees the memory, after wiping it when the buffer is secret. The buffer may be used again. */
void buf_free(struct buf *buf);
/* Returns the contents as a terminated string, which is valid until the next change of the buffer.
 * The terminator does not count in `length`. Returns NULL when the buffer has failed or cannot hold
 * the terminator. */
const char *buf_text(struct buf *buf);

/* The contents, borrowed until the next change of the buffer. */
static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->data, buf->length};
}

/* Overwrites `size` bytes with zeros. The compiler does not remove this call, as it may remove a
 * memset(3). */
void wipe(void *memory, size_t size);

#endif

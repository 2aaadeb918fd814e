#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 64 };

void wipe(void *memory, size_t size)
{
    if (size > 0)
        explicit_bzero(memory, size);
}

static size_t next_capacity(const struct buf *buf, size_t needed)
{
    size_t capacity = buf->capacity < SMALLEST_CAPACITY ? SMALLEST_CAPACITY : buf->capacity;
    while (capacity < needed)
        capacity += capacity / 2;
    return capacity;
}

/* realloc(3) may leave a copy of a secret in freed memory, so secrets are copied and wiped here. */
static char *reallocated(const struct buf *buf, size_t capacity)
{
    if (!buf->secret)
        return realloc(buf->data, capacity);
    char *moved = malloc(capacity);
    if (moved == NULL || buf->data == NULL)
        return moved;
    memcpy(moved, buf->data, buf->length);
    wipe(buf->data, buf->capacity);
    free(buf->data);
    return moved;
}

bool buf_reserve(struct buf *buf, size_t more)
{
    if (buf->failed || more > buf->limit || buf->length > buf->limit - more) {
        buf->failed = true;
        return false;
    }
    if (buf->length + more <= buf->capacity)
        return true;
    size_t capacity = next_capacity(buf, buf->length + more);
    char *data = reallocated(buf, capacity);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

bool buf_append(struct buf *buf, struct str bytes)
{
    if (!buf_reserve(buf, bytes.length))
        return false;
    if (bytes.length > 0)
        memcpy(buf->data + buf->length, bytes.data, bytes.length);
    buf->length += bytes.length;
    return true;
}

bool buf_append_text(struct buf *buf, const char *text)
{
    return buf_append(buf, str_from(text));
}

bool buf_append_byte(struct buf *buf, char byte)
{
    return buf_append(buf, str_bytes(&byte, 1));
}

void buf_consume(struct buf *buf, size_t count)
{
    if (count > buf->length)
        count = buf->length;
    if (count == 0)
        return;
    memmove(buf->data, buf->data + count, buf->length - count);
    if (buf->secret)
        wipe(buf->data + buf->length - count, count);
    buf->length -= count;
}

void buf_clear(struct buf *buf)
{
    if (buf->secret && buf->data != NULL)
        wipe(buf->data, buf->capacity);
    buf->length = 0;
    buf->failed = false;
}

void buf_free(struct buf *buf)
{
    buf_clear(buf);
    free(buf->data);
    buf->data = NULL;
    buf->capacity = 0;
}

const char *buf_text(struct buf *buf)
{
    if (!buf_append_byte(buf, '\0'))
        return NULL;
    buf->length--;
    return buf->data;
}

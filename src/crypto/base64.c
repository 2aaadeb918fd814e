#include "crypto/base64.h"

#include <mbedtls/base64.h>

enum { BYTES_AT_ONCE = 48, TEXT_AT_ONCE = BYTES_AT_ONCE / 3 * 4 };

/* Encodes in portions, since the library writes a terminator after the text, for which the buffer
 * may have no room. */
bool base64_encode(struct str bytes, struct buf *out)
{
    unsigned char text[TEXT_AT_ONCE + 1];
    for (; bytes.length > 0; bytes = str_skip(bytes, BYTES_AT_ONCE)) {
        struct str portion = str_take(bytes, BYTES_AT_ONCE);
        size_t length = 0;
        if (mbedtls_base64_encode(text, sizeof text, &length, (const unsigned char *)portion.data,
                                  portion.length) != 0)
            return false;
        buf_append(out, str_bytes(text, length));
    }
    wipe(text, sizeof text);
    return !out->failed;
}

bool base64_decode(struct str text, struct buf *out)
{
    size_t length = 0;
    size_t room = text.length / 4 * 3 + 3;
    if (room > out->limit - out->length)
        room = out->limit - out->length;
    if (!buf_reserve(out, room))
        return false;
    unsigned char *to = room > 0 ? (unsigned char *)out->data + out->length : NULL;
    int code =
        mbedtls_base64_decode(to, room, &length, (const unsigned char *)text.data, text.length);
    out->failed = code == MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL;
    if (code != 0)
        return false;
    out->length += length;
    return true;
}

static inline bool is_in_base64(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '+' || byte == '/' || byte == '=' ||
           byte == '\n' || byte == '\r' || byte == ' ';
}

bool base64_is_plausible(struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_in_base64(text.data[i]))
            return false;
    return true;
}

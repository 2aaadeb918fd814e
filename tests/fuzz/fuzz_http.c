/* Any bytes are either a reply, the same however they arrive, or an error; and nothing passes its
 * limit. The first byte chooses the request's method, the second the body's limit, the third how
 * much one read brings. */
#include "net/http.h"

#include <stdlib.h>
#include <string.h>

struct stream {
    struct str rest;
    size_t step;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static ssize_t read_stream(void *context, void *out, size_t size, struct error *error)
{
    (void)error;
    struct stream *stream = context;
    struct str part = str_take(str_take(stream->rest, stream->step), size);
    if (part.length > 0)
        memcpy(out, part.data, part.length);
    stream->rest = str_skip(stream->rest, part.length);
    return (ssize_t)part.length;
}

static bool lies_within(struct str part, struct str whole)
{
    return part.length == 0 ||
           (part.data >= whole.data && part.data + part.length <= whole.data + whole.length);
}

static void check_reply(const struct http_response *response, size_t body_limit)
{
    require(response->status >= 200 && response->status <= 599);
    require(response->head.length <= LIMIT_HTTP_HEADER_BLOCK);
    require(response->body.length <= body_limit);
    require(response->header_count <= LIMIT_HTTP_HEADERS);
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        struct str value;
        require(header->name.length > 0);
        require(lies_within(header->name, buf_str(&response->head)));
        require(lies_within(header->value, buf_str(&response->head)));
        require(str_index_of(header->value, '\n') == header->value.length);
        require(http_header_find(response, header->name, &value));
    }
}

static bool read_reply(struct str text, struct str method, size_t body_limit, size_t step,
                       struct http_response *response)
{
    struct stream stream = {text, step};
    const struct http_reader reader = {read_stream, &stream};
    struct error error = {0};
    bool reusable = true;
    bool any_byte = false;
    bool done =
        http_read_response(&reader, method, body_limit, response, &reusable, &any_byte, &error);
    require(any_byte == (text.length > 0));
    require(done || (error.kind != ERROR_NONE && error.message[0] != '\0' && !reusable));
    if (done)
        check_reply(response, body_limit);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str methods[] = {STR("POST"), STR("HEAD"), STR("CONNECT")};
    if (size < 3)
        return 0;
    struct str text = str_bytes(data + 3, size - 3);
    struct str method = methods[data[0] % 3];
    size_t body_limit = (size_t)data[1] * 16;
    struct http_response whole = {0};
    struct http_response pieces = {0};
    bool done = read_reply(text, method, body_limit, SIZE_MAX, &whole);
    require(read_reply(text, method, body_limit, (size_t)data[2] + 1, &pieces) == done);
    require(!done || (whole.status == pieces.status &&
                      str_equal(buf_str(&whole.head), buf_str(&pieces.head)) &&
                      str_equal(buf_str(&whole.body), buf_str(&pieces.body))));
    http_response_free(&whole);
    http_response_free(&pieces);
    return 0;
}

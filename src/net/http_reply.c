#include "net/http_reply_internal.h"

#include "base/clock.h"

enum {
    INPUT_SIZE = 2048,
    READ_STEP = 16 * 1024, /* the size of a TLS record */
    LONGEST_CHUNK_LINE = 1024,
};

/* A buffer of bytes that were read but not parsed yet: bytes[start] to bytes[end - 1]. */
struct input {
    const struct http_reader *reader;
    struct error *error;
    size_t start;
    size_t end;
    bool any_byte;
    bool at_end;
    char bytes[INPUT_SIZE];
};

static struct str read_ahead(const struct input *input)
{
    return str_bytes(input->bytes + input->start, input->end - input->start);
}

/* Reads more bytes when the buffer is empty. False at the end of the stream (`at_end` is set) and
 * on an error (`input->error` is set). */
static bool fill_input(struct input *input)
{
    if (input->start < input->end)
        return true;
    const struct http_reader *reader = input->reader;
    ssize_t got = reader->read(reader->context, input->bytes, sizeof input->bytes, input->error);
    input->at_end = got == 0;
    if (got <= 0)
        return false;
    input->any_byte = true;
    input->start = 0;
    input->end = (size_t)got;
    return true;
}

/* Moves `count` buffered bytes to `out`. `what` names them in the error when `out` is full. */
static bool take_bytes(struct input *input, size_t count, struct buf *out, const char *what)
{
    if (count > out->limit - out->length)
        return http_too_large(what, out->limit, input->error);
    if (!buf_append(out, str_take(read_ahead(input), count)))
        return error_no_memory(input->error);
    input->start += count;
    return true;
}

/* Appends the next line, with its CR LF, to `out`. */
static bool read_line(struct input *input, struct buf *out, const char *what)
{
    size_t start = out->length;
    bool ended = false;
    while (!ended) {
        if (!fill_input(input))
            return input->at_end &&
                   http_cut(input->any_byte ? "in the middle of its reply" : "without a reply",
                            input->error);
        struct str here = read_ahead(input);
        size_t feed = str_index_of(here, '\n');
        ended = feed < here.length;
        if (!take_bytes(input, ended ? feed + 1 : feed, out, what))
            return false;
    }
    return str_ends_with(str_skip(buf_str(out), start), STR("\r\n")) ||
           http_malformed("a line does not end with CR LF", input->error);
}

/* Appends lines up to and including an empty one. */
static bool read_block(struct input *input, struct buf *out, const char *what)
{
    size_t start = 0;
    do {
        start = out->length;
        if (!read_line(input, out, what))
            return false;
    } while (out->length - start > 2);
    return true;
}

/* Appends exactly `count` bytes to the body: the buffered ones, then the rest directly from the
 * stream. */
static bool read_exactly(struct input *input, uint64_t count, struct buf *body)
{
    const struct http_reader *reader = input->reader;
    if (count > body->limit - body->length)
        return http_too_large("bytes of body", body->limit, input->error);
    size_t ahead = read_ahead(input).length;
    size_t first = ahead < count ? ahead : (size_t)count;
    if (!take_bytes(input, first, body, "bytes of body"))
        return false;
    for (size_t left = (size_t)count - first; left > 0;) {
        size_t step = left < READ_STEP ? left : READ_STEP;
        if (!buf_reserve(body, step))
            return error_no_memory(input->error);
        ssize_t got = reader->read(reader->context, body->data + body->length, step, input->error);
        if (got <= 0)
            return got == 0 && http_cut("in the middle of its reply", input->error);
        body->length += (size_t)got;
        left -= (size_t)got;
    }
    return true;
}

static bool read_until_close(struct input *input, struct buf *body)
{
    while (fill_input(input))
        if (!take_bytes(input, read_ahead(input).length, body, "bytes of body"))
            return false;
    return input->at_end;
}

/* Parses "chunk-size [ chunk-ext ] CRLF". Extensions are ignored; `*extensions` counts their
 * bytes. */
static bool parse_chunk_line(struct str line, uint64_t *size, size_t *extensions)
{
    size_t digits = 0;
    *size = 0;
    for (; digits < line.length; digits++) {
        char lower = to_lower(line.data[digits]);
        bool letter = lower >= 'a' && lower <= 'f';
        if (!is_digit(lower) && !letter)
            break;
        if (*size >> 59 != 0)
            return false;
        *size = *size * 16 + (uint64_t)(letter ? lower - 'a' + 10 : lower - '0');
    }
    struct str rest = str_skip(line, digits);
    *extensions += rest.length - 2;
    while (rest.length > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t'))
        rest = str_skip(rest, 1);
    return digits > 0 && (rest.data[0] == ';' || rest.data[0] == '\r');
}

/* Reads a chunked body (RFC 9112 §7.1). */
static bool read_chunks(struct input *input, struct buf *body)
{
    struct buf line BUF_AUTO = BUF(LONGEST_CHUNK_LINE);
    struct buf trailers BUF_AUTO = BUF(LIMIT_HTTP_HEADER_BLOCK);
    size_t extensions = 0;
    uint64_t size = 0;
    for (;;) {
        buf_clear(&line);
        if (!read_line(input, &line, "bytes in a chunk's first line"))
            return false;
        if (!parse_chunk_line(buf_str(&line), &size, &extensions))
            return http_malformed("the size of a chunk is not a number", input->error);
        if (extensions > LIMIT_HTTP_HEADER_BLOCK)
            return http_too_large("bytes of chunk extensions", LIMIT_HTTP_HEADER_BLOCK,
                                  input->error);
        if (size == 0)
            return read_block(input, &trailers, "bytes of trailers");
        buf_clear(&line);
        if (!read_exactly(input, size, body) ||
            !read_line(input, &line, "bytes in a chunk's first line"))
            return false;
        if (line.length > 2)
            return http_malformed("a chunk is longer than its size", input->error);
    }
}

/* Reads heads until one is not informational (1xx). */
static bool read_head(struct input *input, struct str method, struct http_response *response,
                      struct http_head *head)
{
    response->head = BUF(LIMIT_HTTP_HEADER_BLOCK);
    for (unsigned seen = 0; seen <= LIMIT_HTTP_INFORMATIONAL; seen++) {
        buf_clear(&response->head);
        if (!read_block(input, &response->head, "bytes of headers") ||
            !http_parse_head(response, method, head, input->error))
            return false;
        if (response->status >= 200) {
            response->received_at = clock_now();
            return true;
        }
    }
    return http_malformed("too many informational replies precede it", input->error);
}

static bool read_body(struct input *input, const struct http_head *head, struct buf *body)
{
    switch (head->framing) {
    case HTTP_LENGTH:
        return read_exactly(input, head->length, body);
    case HTTP_CHUNKED:
        return read_chunks(input, body);
    case HTTP_UNTIL_CLOSE:
        return read_until_close(input, body);
    case HTTP_NO_BODY:
        break;
    }
    return true;
}

bool http_read_response(const struct http_reader *reader, struct str method, size_t body_limit,
                        struct http_response *response, bool *reusable, bool *any_byte,
                        struct error *error)
{
    struct input input = {.reader = reader, .error = error};
    struct http_head head = {0};
    response->body = BUF_SECRET(body_limit);
    bool done =
        read_head(&input, method, response, &head) && read_body(&input, &head, &response->body);
    *any_byte = input.any_byte;
    *reusable = done && head.keep_alive && read_ahead(&input).length == 0;
    wipe(input.bytes, sizeof input.bytes);
    return done;
}

void http_response_free(struct http_response *response)
{
    buf_free(&response->head);
    buf_free(&response->body);
    *response = (struct http_response){0};
}

bool http_header_find(const struct http_response *response, struct str name, struct str *value)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (str_equal_ignore_case(response->headers[i].name, name)) {
            *value = response->headers[i].value;
            return true;
        }
    }
    return false;
}

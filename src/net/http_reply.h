/* HTTP/1.1 replies (RFC 9110, RFC 9112), read from any byte stream. */
#ifndef WCP_NET_HTTP_REPLY_H
#define WCP_NET_HTTP_REPLY_H

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"

#include <sys/types.h>

struct http_header {
    struct str name;
    struct str value;
};

/* A reply. `head` owns the header block; `headers` borrow from it. `body` owns the decoded body and
 * is wiped when freed, as it may contain keys and credentials. */
struct http_response {
    unsigned status; /* 200 to 599 */
    bool connected;  /* after a failure: connecting succeeded, so only this exchange failed */
    struct buf head;
    struct buf body;
    struct http_header headers[LIMIT_HTTP_HEADERS];
    size_t header_count;
    int64_t sent_at;     /* clock_now() before the first byte of the request was sent */
    int64_t received_at; /* clock_now() after the header block was complete */
};
void http_response_free(struct http_response *response);
/* Finds the first header with that name, in any case. False: there is none. */
bool http_header_find(const struct http_response *response, struct str name, struct str *value);

/* A source of bytes. `read` reads at most `size` bytes and returns their count, or 0 at the end of
 * the stream, or -1 with `error` set. */
struct http_reader {
    ssize_t (*read)(void *context, void *out, size_t size, struct error *error);
    void *context;
};
/* Reads the reply to a request with `method`; its body has at most `body_limit` bytes. `*reusable`
 * becomes true when the connection may carry another request, `*any_byte` when at least one byte
 * was read. Errors are those of the reader and of the three functions below. The caller frees
 * `response` in every case. */
bool http_read_response(const struct http_reader *reader, struct str method, size_t body_limit,
                        struct http_response *response, bool *reusable, bool *any_byte,
                        struct error *error);

/* Set `error`, with advice, for a reply that is invalid HTTP (ERROR_TRANSIENT), exceeds `limit`
 * (ERROR_PERMANENT; `what` is counted: "bytes of body"), or was cut short by the server
 * (ERROR_TRANSIENT; `when` follows "the server closed the connection"). Always return false. */
bool http_malformed(const char *why, struct error *error);
bool http_too_large(const char *what, size_t limit, struct error *error);
bool http_cut(const char *when, struct error *error);

/* True when `text` is a token (RFC 9110 §5.6.2), the form of methods and header names. */
bool http_is_token(struct str text);

#endif

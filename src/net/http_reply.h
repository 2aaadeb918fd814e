/* A reply in HTTP/1.1 (RFC 9110, RFC 9112), read from whatever delivers its bytes. */
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

/* A reply. `head` owns the header block, `body` the decoded body (wiped when freed: keys and
 * credentials come in them); the rest borrows from `head`. */
struct http_response {
    unsigned status; /* 200 to 599 */
    bool connected;  /* after a failure: a connection stood, so that it concerns this exchange alone
                      */
    struct buf head;
    struct buf body;
    struct http_header headers[LIMIT_HTTP_HEADERS];
    size_t header_count;
    int64_t sent_at; /* clock_now() when the request's first byte left and when the header block was
                        complete: */
    int64_t received_at; /* what clock skew is computed from */
};
void http_response_free(struct http_response *response);
/* The first header of that name, in any case; false when there is none. */
bool http_header_find(const struct http_response *response, struct str name, struct str *value);

/* Delivers the bytes of a reply. Reads one reply (after `method`)
 * from `read`, which returns a count, 0 at the end of the stream, -1 on error (with `error` set).
 * `reusable` tells whether the connection may carry another request; `any_byte` whether anything
 * came at all. */
struct http_reader {
    ssize_t (*read)(void *context, void *out, size_t size, struct error *error);
    void *context;
};
bool http_read_response(const struct http_reader *reader, struct str method, size_t body_limit,
                        struct http_response *response, bool *reusable, bool *any_byte,
                        struct error *error);

/* The kinds of failure of a reply, each with advice; always false. */
bool http_malformed(const char *why, struct error *error);
bool http_too_large(const char *what, size_t limit,
                    struct error *error); /* what: "bytes of body" */
bool http_cut(const char *when, struct error *error);

/* True when `text` is a token (RFC 9110 §5.6.2): the form of methods and header names. */
bool http_is_token(struct str text);

#endif

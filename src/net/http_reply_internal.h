/* The head of a reply, and its meaning for body and connection (RFC 9112 §6, §9). Private to
 * http_reply.c and http_reply_head.c. */
#ifndef WCP_NET_HTTP_REPLY_INTERNAL_H
#define WCP_NET_HTTP_REPLY_INTERNAL_H

#include "net/http_reply.h"

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE };

struct http_head {
    enum http_framing framing;
    uint64_t length; /* of the body, for HTTP_LENGTH */
    bool keep_alive; /* the connection stays open after this reply */
};

/* Parses the header block in `response->head`, which ends with an empty line. Stores status and
 * headers in `response`, and the framing of the body in `head`. ERROR_TRANSIENT when it is not a
 * valid HTTP/1.0 or HTTP/1.1 head. */
bool http_parse_head(struct http_response *response, struct str method, struct http_head *head,
                     struct error *error);

#endif

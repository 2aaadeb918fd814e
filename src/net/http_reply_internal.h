/* What a reply's head says about its body and its connection (RFC 9112 §6, §9): between
 * http_reply_head.c and http_reply.c. */
#ifndef WCP_NET_HTTP_REPLY_INTERNAL_H
#define WCP_NET_HTTP_REPLY_INTERNAL_H

#include "net/http_reply.h"

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE };

struct http_head {
    enum http_framing framing;
    uint64_t length; /* when framed by length */
    bool keep_alive; /* the connection stays open after this reply */
};

/* Takes apart the header block in `response->head`, which ends with an empty line: status and
 * headers go to `response`, what they mean for the body to `head`. ERROR_TRANSIENT when it is no
 * HTTP/1.0 or HTTP/1.1 reply as the specification has it. */
bool http_parse_head(struct http_response *response, struct str method, struct http_head *head,
                     struct error *error);

#endif

/* An HTTP/1.1 client (RFC 9110, RFC 9112): one connection to one server, kept alive between
 * requests. */
#ifndef WCP_NET_HTTP_H
#define WCP_NET_HTTP_H

#include "base/clock.h"
#include "net/http_reply.h"
#include "net/proxy.h"
#include "net/resolve.h"
#include "net/tls.h"

/* A request of at most 512 KiB. Header names must be tokens, values printable ASCII. The client
 * adds Host and, for a body and for every POST and PUT, Content-Length: `headers` must contain
 * neither, nor Connection or Transfer-Encoding. */
struct http_request {
    struct str method;
    struct str target; /* origin form: path and query */
    const struct http_header *headers;
    size_t header_count;
    struct str body;
};

/* The route of a connection. It borrows all of its members for the life of the connection. */
struct http_route {
    const struct url *url;
    const struct addresses *addresses; /* of the proxy when there is one, else of the server */
    const struct proxy *proxy;         /* never NULL; `present` tells whether there is one */
    struct tls_context *tls;           /* NULL when neither server nor proxy is https:// */
};

struct http_connection;

/* Returns a connection that the first request opens, or NULL when out of memory. */
struct http_connection *http_connection_new(const struct http_route *route);
void http_connection_free(struct http_connection *connection);

/* Sends a request and reads the whole reply before `deadline`, which covers connecting, handshake,
 * request and reply; limits.h has shorter limits for the first two. `response` must be zeroed; the
 * caller frees it in every case. True: a reply with any status.
 *
 * The body is delimited by Content-Length, by chunks, or by the end of the stream; replies to HEAD,
 * and those with status 204 or 304, have none. 1xx replies are skipped. These are errors: a body of
 * more than `body_limit` bytes, a header block of more than LIMIT_HTTP_HEADER_BLOCK bytes, two
 * different Content-Length headers, Content-Length together with Transfer-Encoding, obsolete
 * folding, a bare CR or LF, a body shorter than its length, and, over TLS, a body that is delimited
 * by the end of the stream when that end was not announced by close_notify.
 *
 * When the server turns out to have closed a kept connection before it sent any byte of the reply,
 * the connection is reopened once and the request is sent again: it must be safe to repeat.
 *
 * False: an error of dial or tls_connect; ERROR_TRANSIENT for a reply that is cut short, late or
 * invalid; ERROR_PERMANENT for a reply that exceeds a limit; ERROR_INTERNAL for an invalid request.
 * The connection is then closed; the next request reopens it. */
bool http_exchange(struct http_connection *connection, const struct http_request *request,
                   size_t body_limit, struct deadline deadline, struct http_response *response,
                   struct error *error);

#endif

/* HTTP/1.1 client (RFC 9110, RFC 9112): one connection to one server, kept alive between requests.
 */
#ifndef WCP_NET_HTTP_H
#define WCP_NET_HTTP_H

#include "base/clock.h"
#include "net/http_reply.h"
#include "net/proxy.h"
#include "net/resolve.h"
#include "net/tls.h"

/* A request. Header names and values are checked (token; printable ASCII), never trusted. Host and
 * Content-Length are added and may not be among the headers, nor Connection and Transfer-Encoding;
 * a body of length 0 on POST or PUT still gets Content-Length: 0. At most 512 KiB in all. */
struct http_request {
    struct str method;
    struct str target; /* origin form: path and query */
    const struct http_header *headers;
    size_t header_count;
    struct str body;
};

/* Where a connection goes and by which way. Everything is borrowed for the life of the connection.
 */
struct http_route {
    const struct url *url;
    const struct addresses *addresses; /* of the server, or of the proxy when there is one */
    const struct proxy *proxy;         /* never NULL; `present` says whether there is one */
    struct tls_context *tls;           /* NULL for http:// */
};

struct http_connection;

/* Makes a connection that is opened by the first request. NULL when memory is short. */
struct http_connection *http_connection_new(const struct http_route *route);
void http_connection_free(struct http_connection *connection);

/* Sends a request and reads the whole reply before `deadline` (a wall deadline over connect,
 * handshake, request and reply; the shorter limits of limits.h apply to the first two). Body by
 * Content-Length, chunked, or end of stream; 1xx replies are skipped; HEAD, 204 and 304 have none;
 * bodies over `body_limit` and header blocks over LIMIT_HTTP_HEADER_BLOCK are errors, and so are
 * two differing Content-Length, Content-Length beside Transfer-Encoding, obsolete folding, a bare
 * CR or LF, a length that is not kept, and over TLS a body that only the end of the stream delimits
 * when that end is not announced (close_notify). A kept connection that turns out closed before any
 * byte of the reply came is reopened once, unnoticed: the request is then sent twice, so it must be
 * one that may be. False: the errors of dial and tls_connect; ERROR_TRANSIENT for a reply that is
 * cut, late or no sound HTTP; ERROR_PERMANENT for one that passes a limit; ERROR_INTERNAL for a
 * request that is not sound. The connection is then closed and opened anew by the next request. Any
 * status is a success here. `response` must be zeroed; free it in either case. */
bool http_exchange(struct http_connection *connection, const struct http_request *request,
                   size_t body_limit, struct deadline deadline, struct http_response *response,
                   struct error *error);

#endif

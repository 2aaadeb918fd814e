/* Opens a tunnel through an HTTP proxy (CONNECT, RFC 9110 §9.3.6). */
#ifndef WCP_NET_TUNNEL_H
#define WCP_NET_TUNNEL_H

#include "net/transport.h"
#include "net/url.h"

/* Requests a tunnel to `target` from the proxy that `transport` leads to, before `deadline`. When
 * it returns true, the transport leads to the target. The proxy's user info is sent as Basic
 * credentials (RFC 7617). ERROR_DENIED: the proxy requires other credentials or forbids the target;
 * a 407 (or 401) reply is told apart by whether we sent credentials and which schemes it offers.
 * ERROR_TRANSIENT: the proxy fails or cannot reach the target (5xx). ERROR_PERMANENT: any other
 * refusal. */
bool tunnel_open(const struct transport *transport, const struct url *proxy,
                 const struct url *target, struct deadline deadline, struct error *error);

#endif

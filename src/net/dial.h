/* Connects to one of several addresses, directly or through an HTTP proxy. */
#ifndef WCP_NET_DIAL_H
#define WCP_NET_DIAL_H

#include "base/clock.h"
#include "net/proxy.h"
#include "net/resolve.h"
#include "net/transport.h"

/* Connects to `target` before `deadline`. `addresses` are the proxy's when there is one, else
 * the target's. They are tried in order, each for at most LIMIT_CONNECT_MS; while an attempt is
 * pending, the next one starts after 250 ms (as RFC 8305 recommends), so that a dead IPv6 route
 * costs little. `tls` is for TLS with an https proxy; NULL is allowed without one. `transport` then
 * has a non-blocking socket (TCP_NODELAY, CLOEXEC), and a tunnel through the proxy; the caller
 * closes it in every case. False: an error of tls_connect, ERROR_TRANSIENT (refused, unreachable,
 * timed out) or one of tunnel_open. The message lists the addresses tried. */
bool dial(const struct addresses *addresses, const struct proxy *proxy, const struct url *target,
          struct tls_context *tls, struct deadline deadline, struct transport *transport,
          struct error *error);

#endif

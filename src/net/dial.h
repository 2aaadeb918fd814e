/* Connects a socket to one of several addresses, directly or through an HTTP proxy. */
#ifndef WCP_NET_DIAL_H
#define WCP_NET_DIAL_H

#include "base/clock.h"
#include "net/proxy.h"
#include "net/resolve.h"

/* Connects to `target` before `deadline`. `addresses` are the proxy's when there is one, else
 * the target's. They are tried in order, each for at most LIMIT_CONNECT_MS; while an attempt is
 * pending, the next one starts after 250 ms (as RFC 8305 recommends), so that a dead IPv6 route
 * costs little. Returns a non-blocking socket (TCP_NODELAY, CLOEXEC) that the caller closes;
 * through a proxy, the tunnel is open. Returns -1 with ERROR_TRANSIENT (refused, unreachable,
 * timed out, a 5xx reply of the proxy), ERROR_DENIED (the proxy requires credentials or forbids
 * the target) or ERROR_PERMANENT (another refusal of the proxy). The message lists the addresses
 * tried. */
int dial(const struct addresses *addresses, const struct proxy *proxy, const struct url *target,
         struct deadline deadline, struct error *error);

#endif

/* Addresses to a connected socket, directly or through an HTTP proxy. */
#ifndef WCP_NET_DIAL_H
#define WCP_NET_DIAL_H

#include "base/clock.h"
#include "net/proxy.h"
#include "net/resolve.h"

/* Connects to `target`, trying `addresses` (the proxy's when there is one) one after the other,
 * each within LIMIT_CONNECT_MS, all before `deadline`. A second address is begun 250 ms after the
 * first without giving that up (RFC 8305 in spirit), so that a dead IPv6 route costs little.
 * Returns a non-blocking socket (TCP_NODELAY, CLOEXEC), through the proxy's tunnel when there is
 * one; -1 and ERROR_TRANSIENT (refused, unreachable, timed out, proxy says 5xx), ERROR_DENIED
 * (proxy asks for credentials or forbids). The message names the addresses tried. */
int dial(const struct addresses *addresses, const struct proxy *proxy, const struct url *target,
         struct deadline deadline, struct error *error);

#endif

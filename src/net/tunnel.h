/* A tunnel through an HTTP proxy (CONNECT, RFC 9110 §9.3.6). */
#ifndef WCP_NET_TUNNEL_H
#define WCP_NET_TUNNEL_H

#include "base/clock.h"
#include "net/url.h"

/* Asks the proxy at the other end of `socket` for a tunnel to `target` before `deadline`;
 * afterwards what goes through the socket reaches the target. The proxy's user info is sent as
 * Basic credentials (RFC 7617). ERROR_DENIED when the proxy wants other credentials or forbids,
 * ERROR_TRANSIENT when it fails or the target cannot be reached (5xx), ERROR_PERMANENT for any
 * other refusal. The socket stays the caller's. */
bool tunnel_open(int socket, const struct url *proxy, const struct url *target,
                 struct deadline deadline, struct error *error);

#endif

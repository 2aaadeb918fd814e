/* Opens a tunnel through an HTTP proxy (CONNECT, RFC 9110 §9.3.6). */
#ifndef WCP_NET_TUNNEL_H
#define WCP_NET_TUNNEL_H

#include "base/clock.h"
#include "net/url.h"

/* Requests a tunnel to `target` from the proxy that `socket` is connected to, before `deadline`.
 * When it returns true, the socket is connected to the target. The proxy's user info is sent as
 * Basic credentials (RFC 7617). ERROR_DENIED: the proxy requires other credentials or forbids the
 * target. ERROR_TRANSIENT: the proxy fails or cannot reach the target (5xx). ERROR_PERMANENT: any
 * other refusal. The caller keeps the socket in every case. */
bool tunnel_open(int socket, const struct url *proxy, const struct url *target,
                 struct deadline deadline, struct error *error);

#endif

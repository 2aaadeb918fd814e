/* Which HTTP proxy a connection goes through. */
#ifndef WCP_NET_PROXY_H
#define WCP_NET_PROXY_H

#include "net/url.h"

/* An HTTP proxy to connect through (CONNECT, RFC 9110 §9.3.6); `present` false: connect directly.
 */
struct proxy {
    bool present;
    struct url url; /* http only; user_info is sent as Basic credentials */
};

/* Chooses the proxy for `host`:`port`: `configured` (edge.https_proxy) when not NULL, else
 * HTTPS_PROXY or https_proxy; none when NO_PROXY or no_proxy lists the host: "*", a name, ".suffix"
 * or a name of which the host is a subdomain, an address, an IPv4 network in CIDR notation, each
 * with optional ":port". Loopback is never proxied unless a proxy is configured explicitly.
 * ERROR_CONFIGURATION for a proxy URL that is wrong or https. */
bool proxy_choose(const char *configured, const char *host, uint16_t port, struct proxy *proxy,
                  struct error *error);

#endif

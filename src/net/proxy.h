/* Chooses the HTTP proxy for a connection. */
#ifndef WCP_NET_PROXY_H
#define WCP_NET_PROXY_H

#include "net/url.h"

/* An HTTP proxy (CONNECT, RFC 9110 §9.3.6). */
struct proxy {
    bool present;   /* false: connect directly */
    struct url url; /* https: TLS with the proxy, too; user_info is sent as Basic credentials */
};

/* Chooses the proxy for `host`:`port`: `configured` (edge.https_proxy) when not NULL or empty, else
 * HTTPS_PROXY, else https_proxy. There is no proxy when NO_PROXY (else no_proxy) lists the host.
 * Commas or blanks separate that list. An entry is "*", a name in any case (it also matches its
 * subdomains; a leading "." or "*." and a final "." make no difference), an address, or a network
 * in CIDR notation (RFC 4632), each with an optional ":port"; IPv6 addresses may have brackets. A
 * loopback host has a proxy only when `configured` names one. ERROR_CONFIGURATION: the proxy's URL
 * is invalid. */
bool proxy_choose(const char *configured, const char *host, uint16_t port, struct proxy *proxy,
                  struct error *error);

#endif

/* Names to addresses, addresses to a connected socket, directly or through an HTTP proxy. */
#ifndef WCP_NET_DIAL_H
#define WCP_NET_DIAL_H

#include "base/clock.h"
#include "base/limits.h"
#include "net/url.h"

#include <netinet/in.h>

/* A resolved host: what stage one of a worker's life finds out, so that stage two needs no resolver
 * and no file. */
struct addresses {
    char host[URL_HOST_SIZE];
    size_t count;
    struct {
        union {
            struct sockaddr generic;
            struct sockaddr_in v4;
            struct sockaddr_in6 v6;
        } address; /* the port is not set */
        socklen_t size;
    } list[LIMIT_ADDRESSES_PER_HOST];
};

/* Resolves `host` (a name or a literal address) with getaddrinfo(3), which has no deadline of its
 * own: the caller limits it with alarm(2) or kill(2). IPv6 and IPv4 addresses alternate, in the
 * resolver's order. ERROR_TRANSIENT when the name is not found or no server answers: on a box that
 * has just booted both pass. */
bool resolve(const char *host, struct addresses *addresses, struct error *error);

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

/* Connects to `target`, trying `addresses` (the proxy's when there is one) one after the other,
 * each within LIMIT_CONNECT_MS, all before `deadline`. A second address is begun 250 ms after the
 * first without giving that up (RFC 8305 in spirit), so that a dead IPv6 route costs little.
 * Returns a non-blocking socket (TCP_NODELAY, CLOEXEC), through the proxy's tunnel when there is
 * one; -1 and ERROR_TRANSIENT (refused, unreachable, timed out, proxy says 5xx), ERROR_DENIED
 * (proxy asks for credentials or forbids). The message names the addresses tried. */
int dial(const struct addresses *addresses, const struct proxy *proxy, const struct url *target,
         struct deadline deadline, struct error *error);

#endif

/* Resolves host names to addresses. */
#ifndef WCP_NET_RESOLVE_H
#define WCP_NET_RESOLVE_H

#include "base/limits.h"
#include "net/url.h"

#include <netinet/in.h>

/* A resolved host. */
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

/* Resolves `host`, a name or a literal address, with getaddrinfo(3). That function has no time
 * limit: the caller sets one with alarm(2) or kill(2). IPv6 and IPv4 addresses alternate; each
 * family keeps the resolver's order. ERROR_TRANSIENT when the name is not found or no name server
 * answers: after a boot, both may be temporary. */
bool resolve(const char *host, struct addresses *addresses, struct error *error);

#endif

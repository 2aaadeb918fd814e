/* Resolves host names to addresses. */
#ifndef WCP_NET_RESOLVE_H
#define WCP_NET_RESOLVE_H

#include "base/limits.h"
#include "net/url.h"

#include <netinet/in.h>

/* A socket address without its port. */
union address_of_host {
    struct sockaddr generic;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* A resolved host. */
struct addresses {
    char host[URL_HOST_SIZE];
    size_t count;
    struct {
        union address_of_host address;
        socklen_t size;
    } list[LIMIT_ADDRESSES_PER_HOST];
    const char *advice; /* if none of them can be reached; NULL: there is no special one */
};

enum name_kind {
    NAME_OF_SITE, /* the resolver may append the domains of /etc/resolv.conf */
    NAME_OF_AWS,  /* an absolute name, unless /etc/hosts lists it */
};

/* Resolves `host`, a name or a literal address. Two child processes ask getaddrinfo(3) for its IPv4
 * and its IPv6 addresses, since that function has no time limit, and loses the addresses of one
 * family when there is no answer for the other. They are killed after LIMIT_RESOLVE_MS, or one
 * second after one of them has found an address that this machine has a route to. Addresses of both
 * families alternate; IPv6 comes first if it would be used from a global address. Each family keeps
 * the resolver's order. ERROR_TRANSIENT when the name is not found or no name server answers: after
 * a boot, both may be temporary. */
bool resolve(const char *host, enum name_kind kind, struct addresses *addresses,
             struct error *error);

#endif

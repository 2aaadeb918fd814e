/* Names to addresses. */
#ifndef WCP_NET_RESOLVE_H
#define WCP_NET_RESOLVE_H

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

#endif

#include "net/resolve.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/address.h"

#include <netdb.h>
#include <string.h>

static void add_address(struct addresses *addresses, const void *address, socklen_t size)
{
    memcpy(&addresses->list[addresses->count].address, address, size);
    addresses->list[addresses->count++].size = size;
}

/* Adds a literal address, which needs neither a resolver nor its files. False when the host is a
 * name. */
static bool add_literal(struct addresses *addresses)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    size_t size = address_parse(addresses->host, v6.sin6_addr.s6_addr);
    memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr, sizeof v4.sin_addr);
    if (size == ADDRESS_V4_SIZE)
        add_address(addresses, &v4, sizeof v4);
    else if (size == ADDRESS_V6_SIZE)
        add_address(addresses, &v6, sizeof v6);
    return addresses->count > 0;
}

static const struct addrinfo *next_of_family(const struct addrinfo *from, bool v6)
{
    while (from != NULL && from->ai_family != (v6 ? AF_INET6 : AF_INET))
        from = from->ai_next;
    return from;
}

/* Adds addresses of both families alternately, starting with the family of the first result. */
static void add_in_turn(struct addresses *addresses, const struct addrinfo *found)
{
    const struct addrinfo *next[] = {next_of_family(found, false), next_of_family(found, true)};
    bool v6 = found->ai_family == AF_INET6;
    while (addresses->count < LIMIT_ADDRESSES_PER_HOST && (next[0] != NULL || next[1] != NULL)) {
        if (next[v6] != NULL) {
            add_address(addresses, next[v6]->ai_addr, next[v6]->ai_addrlen);
            next[v6] = next_of_family(next[v6]->ai_next, v6);
        }
        v6 = !v6;
    }
}

static const char *explanation_of(int code)
{
    if (code == EAI_NONAME)
        return "the name does not exist";
    if (code == EAI_AGAIN)
        return "no name server answered";
    return code == EAI_NODATA ? "the name has no address" : "the lookup failed";
}

static bool not_found(const char *host, int code, struct error *error)
{
    if (code == EAI_MEMORY)
        return error_no_memory(error);
    return error_refuse(error, ERROR_TRANSIENT,
                        "check the host name, the network and the name servers in /etc/resolv.conf",
                        "cannot find the address of %s: %s", host, explanation_of(code));
}

bool resolve(const char *host, struct addresses *addresses, struct error *error)
{
    *addresses = (struct addresses){0};
    size_t length = strlen(host);
    if (length == 0 || length >= sizeof addresses->host)
        return error_set(error, ERROR_INTERNAL, "a host name of %zu bytes cannot be resolved",
                         length);
    memcpy(addresses->host, host, length);
    if (add_literal(addresses))
        return true;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int64_t start = clock_monotonic_ms();
    int code = getaddrinfo(host, NULL, &hints, &found);
    if (code != 0)
        return not_found(host, code, error);
    add_in_turn(addresses, found);
    freeaddrinfo(found);
    log_debug("The name %s: %zu address(es), %lld ms", host, addresses->count,
              (long long)(clock_monotonic_ms() - start));
    return addresses->count > 0 || not_found(host, EAI_NODATA, error);
}

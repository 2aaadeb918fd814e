#include "net/dial.h"

#include "base/file.h"
#include "base/format.h"
#include "net/address.h"
#include "net/tunnel.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

enum {
    NEXT_ATTEMPT_MS = 250, /* the delay that RFC 8305 §5 recommends */
    NO_SOCKET = -1,
};

/* Connection attempts that run concurrently. Attempt i goes to address i. */
struct race {
    const struct addresses *addresses;
    uint16_t port;
    size_t started;
    struct deadline next;                  /* when the next attempt starts beside pending ones */
    int sockets[LIMIT_ADDRESSES_PER_HOST]; /* NO_SOCKET after the attempt has failed */
    struct deadline ends[LIMIT_ADDRESSES_PER_HOST];
    char failures[ERROR_MESSAGE_SIZE - URL_AUTHORITY_SIZE - 64];
    size_t failures_length;
};

static void note_failure(struct race *race, size_t i, int number)
{
    char text[ADDRESS_TEXT_SIZE];
    bool v6 = race->addresses->list[i].address.generic.sa_family == AF_INET6;
    if (v6)
        address_format(race->addresses->list[i].address.v6.sin6_addr.s6_addr, ADDRESS_V6_SIZE,
                       text);
    else
        address_format((const uint8_t *)&race->addresses->list[i].address.v4.sin_addr,
                       ADDRESS_V4_SIZE, text);
    race->failures_length += format_text(
        race->failures + race->failures_length, sizeof race->failures - race->failures_length,
        "%s%s: %s", race->failures_length == 0 ? "" : "; ", text, strerror(number));
}

static void fail_attempt(struct race *race, size_t i, int number)
{
    note_failure(race, i, number);
    close_descriptor(&race->sockets[i]);
    race->sockets[i] = NO_SOCKET;
    race->next.at_ms = 0;
}

/* Starts the next attempt. True when it connected at once. */
static bool start_next(struct race *race)
{
    size_t i = race->started++;
    socklen_t size = race->addresses->list[i].size;
    struct sockaddr_in6 address = {0}; /* the larger of the two types */
    memcpy(&address, &race->addresses->list[i].address, size);
    address.sin6_port = htons(race->port); /* same offset in sockaddr_in */
    race->next = deadline_in(NEXT_ATTEMPT_MS);
    race->ends[i] = deadline_in(LIMIT_CONNECT_MS);
    race->sockets[i] =
        socket(address.sin6_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (race->sockets[i] != NO_SOCKET &&
        connect(race->sockets[i], (const struct sockaddr *)&address, size) == 0)
        return true;
    if (race->sockets[i] == NO_SOCKET || errno != EINPROGRESS)
        fail_attempt(race, i, errno);
    return false;
}

_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
               "the port has the same offset in both families");

/* Removes the attempt's socket from the race and returns it. */
static int take_socket(struct race *race, size_t i)
{
    int socket = race->sockets[i];
    race->sockets[i] = NO_SOCKET;
    return socket;
}

/* Checks attempt i after poll(2), which reported `events`. Ends it when it failed or timed out.
 * True when it connected. */
static bool check_attempt(struct race *race, size_t i, short events)
{
    int number = 0;
    socklen_t size = sizeof number;
    if (race->sockets[i] == NO_SOCKET)
        return false;
    if (events != 0) {
        if (getsockopt(race->sockets[i], SOL_SOCKET, SO_ERROR, &number, &size) != 0)
            number = errno;
        if (number == 0)
            return true;
    } else if (deadline_left_ms(race->ends[i]) == 0) {
        number = ETIMEDOUT;
    }
    if (number != 0)
        fail_attempt(race, i, number);
    return false;
}

static bool any_pending(const struct race *race)
{
    for (size_t i = 0; i < race->started; i++)
        if (race->sockets[i] != NO_SOCKET)
            return true;
    return false;
}

/* Waits until an attempt connects or fails, or the next one is due. Returns the connected socket,
 * else NO_SOCKET. */
static int wait_for_connection(struct race *race, struct deadline deadline)
{
    struct pollfd entries[LIMIT_ADDRESSES_PER_HOST];
    struct deadline wake = deadline;
    if (race->started < race->addresses->count)
        wake = deadline_earlier(wake, race->next);
    for (size_t i = 0; i < race->started; i++) {
        entries[i] = (struct pollfd){.fd = race->sockets[i], .events = POLLOUT};
        if (race->sockets[i] != NO_SOCKET)
            wake = deadline_earlier(wake, race->ends[i]);
    }
    if (poll(entries, race->started, deadline_left_ms(wake)) < 0)
        return NO_SOCKET;
    for (size_t i = 0; i < race->started; i++)
        if (check_attempt(race, i, entries[i].revents))
            return take_socket(race, i);
    return NO_SOCKET;
}

static int run_race(struct race *race, struct deadline deadline)
{
    while (deadline_left_ms(deadline) > 0) {
        int winner = NO_SOCKET;
        if (race->started < race->addresses->count && deadline_left_ms(race->next) == 0)
            winner = start_next(race) ? take_socket(race, race->started - 1) : NO_SOCKET;
        else if (any_pending(race))
            winner = wait_for_connection(race, deadline);
        else
            return NO_SOCKET;
        if (winner != NO_SOCKET)
            return winner;
    }
    for (size_t i = 0; i < race->started; i++)
        if (race->sockets[i] != NO_SOCKET)
            fail_attempt(race, i, ETIMEDOUT);
    return NO_SOCKET;
}

static void close_losers(struct race *race)
{
    for (size_t i = 0; i < race->started; i++)
        close_descriptor(&race->sockets[i]);
}

static int connect_to_any(const struct addresses *addresses, const struct url *url,
                          struct deadline deadline, struct error *error)
{
    struct race race = {.addresses = addresses, .port = url->port};
    int socket = run_race(&race, deadline);
    close_losers(&race);
    if (socket != NO_SOCKET) {
        const int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return socket;
    }
    char server[URL_AUTHORITY_SIZE];
    url_host_and_port(url, server);
    error_refuse(
        error, ERROR_TRANSIENT,
        addresses->advice != NULL
            ? addresses->advice
            : "check the network, its firewalls and whether a proxy is needed (edge.https_proxy)",
        "cannot connect to %s: %s", server,
        race.failures_length > 0 ? race.failures : "no time was left");
    return NO_SOCKET;
}

/* Connects to the proxy, over TLS if its URL says so. */
static bool reach_proxy(const struct addresses *addresses, const struct url *proxy,
                        struct tls_context *tls, struct deadline deadline,
                        struct transport *transport, struct error *error)
{
    transport->socket = connect_to_any(addresses, proxy, deadline, error);
    if (transport->socket == NO_SOCKET)
        return error_context(error, "the proxy does not answer");
    if (!proxy->tls)
        return true;
    transport->with_proxy = tls_connect(tls, transport->socket, NULL, proxy->host, deadline, error);
    if (transport->with_proxy != NULL)
        return true;
    if (error->kind == ERROR_TRANSIENT)
        error_advise(error, "if the proxy itself is asked without TLS, begin its URL with http://");
    return error_context(error, "no TLS with the proxy");
}

bool dial(const struct addresses *addresses, const struct proxy *proxy, const struct url *target,
          struct tls_context *tls, struct deadline deadline, struct transport *transport,
          struct error *error)
{
    *transport = (struct transport){.socket = NO_SOCKET};
    if (proxy->present)
        return reach_proxy(addresses, &proxy->url, tls, deadline, transport, error) &&
               tunnel_open(transport, &proxy->url, target, deadline, error);
    transport->socket = connect_to_any(addresses, target, deadline, error);
    return transport->socket != NO_SOCKET;
}

#include "net/transport.h"

#include "net/http_reply.h"
#include "net/socket.h"

#include <errno.h>
#include <unistd.h>

static struct tls *top_of(const struct transport *transport)
{
    return transport->with_server != NULL ? transport->with_server : transport->with_proxy;
}

bool transport_secure(struct transport *transport, struct tls_context *context, const char *host,
                      struct deadline deadline, struct error *error)
{
    transport->with_server =
        tls_connect(context, transport->socket, transport->with_proxy, host, deadline, error);
    return transport->with_server != NULL;
}

bool transport_send(const struct transport *transport, struct str bytes, struct deadline deadline,
                    struct error *error)
{
    struct tls *tls = top_of(transport);
    if (tls != NULL)
        return tls_write(tls, bytes, deadline, error);
    return socket_send(transport->socket, bytes, deadline) ||
           socket_failed("the request could not be sent", errno, error);
}

ssize_t transport_receive(const struct transport *transport, void *out, size_t size,
                          struct deadline deadline, struct error *error)
{
    struct tls *tls = top_of(transport);
    bool clean = tls == NULL;
    ssize_t got = clean ? socket_receive(transport->socket, out, size, deadline)
                        : tls_read(tls, out, size, deadline, &clean, error);
    if (got < 0 && tls == NULL)
        socket_failed("the reply was not received", errno, error);
    if (got != 0 || clean)
        return got;
    http_cut("before its reply was complete", error);
    return -1;
}

void transport_close(struct transport *transport)
{
    tls_close(transport->with_server);
    tls_close(transport->with_proxy);
    if (transport->socket >= 0)
        close(transport->socket);
    *transport = (struct transport){.socket = -1};
}

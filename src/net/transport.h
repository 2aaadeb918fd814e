/* The way that the bytes of a connection take: a socket, TLS with a proxy over it, and TLS with the
 * server over these, each of the latter two if wanted. dial (dial.h) opens it. */
#ifndef WCP_NET_TRANSPORT_H
#define WCP_NET_TRANSPORT_H

#include "net/tls.h"

struct transport {
    int socket;              /* connected, non-blocking; negative: closed */
    struct tls *with_proxy;  /* or NULL */
    struct tls *with_server; /* or NULL */
};

/* Starts TLS with the server `host`, as tls_connect. */
bool transport_secure(struct transport *transport, struct tls_context *context, const char *host,
                      struct deadline deadline, struct error *error);

/* Sends all of `bytes` before `deadline`. Returns false with an error, usually ERROR_TRANSIENT,
 * when that fails. */
bool transport_send(const struct transport *transport, struct str bytes, struct deadline deadline,
                    struct error *error);
/* Waits for at least one byte and receives at most `size` bytes. Returns their count, 0 at the end
 * of the stream, or -1 with an error, usually ERROR_TRANSIENT. Over TLS, an end without
 * close_notify is an error: an attacker could otherwise truncate what is delimited by the end of
 * the stream. */
ssize_t transport_receive(const struct transport *transport, void *out, size_t size,
                          struct deadline deadline, struct error *error);
/* Closes all of it. */
void transport_close(struct transport *transport);

#endif

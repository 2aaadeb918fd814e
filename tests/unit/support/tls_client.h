/* The client of the TLS tests. A step that must succeed fails the test when it does not. */
#ifndef WCP_TESTS_TLS_CLIENT_H
#define WCP_TESTS_TLS_CLIENT_H

#include "base/buf.h"
#include "net/tls.h"

enum {
    PLENTY_MS = 30 * 1000,
    TLS_CLIENT_TEXT = 64 * 1024, /* more than a server sends in most tests */
    TLS_CLIENT_STEP = 16 * 1024,
};

/* Set-up and tear-down of a group of tests: start the server program and load its bundle, stop it.
 */
int tls_client_start(void **state);
int tls_client_stop(void **state);

/* The root certificates of the test servers, in PEM. */
struct str tls_client_bundle(void);
/* Returns a context that trusts these certificates. */
struct tls_context *tls_client_trust(struct str pem);

/* Returns a TCP connection to a port of 127.0.0.1. */
int tls_client_socket(uint16_t port);

struct connection {
    int socket;
    struct tls *tls;
};

struct connection tls_client_connect(struct tls_context *context, uint16_t port, const char *host);
void tls_client_disconnect(struct connection *connection);

/* Reads to the end of the stream. Returns true when close_notify announced it. */
bool tls_client_read_to_end(struct tls *tls, struct buf *out);

/* Connects to a "facts" server and gets its report of the connection: version, "resumed" or "full",
 * server name, number of reads, size of the request, cipher. */
void tls_client_ask(struct tls_context *context, uint16_t port, const char *host,
                    struct buf *facts);
/* Fails the test unless the report begins so. */
void tls_client_expect(const struct buf *facts, const char *beginning);

/* Performs a handshake that must fail with this kind, these words in the message, and an advice. */
struct error tls_client_refused(struct tls_context *context, uint16_t port, const char *host,
                                enum error_kind kind, const char *words);

#endif

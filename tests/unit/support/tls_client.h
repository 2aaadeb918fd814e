/* Our side of TLS tests: what must succeed fails the test when it does not. */
#ifndef WCP_TESTS_TLS_CLIENT_H
#define WCP_TESTS_TLS_CLIENT_H

#include "base/buf.h"
#include "net/tls.h"

enum {
    PLENTY_MS = 30 * 1000,
    TLS_CLIENT_TEXT = 64 * 1024, /* enough for what a server says */
    TLS_CLIENT_STEP = 16 * 1024,
};

/* Set-up and tear-down of a group of tests: the other side, and what it is trusted by. */
int tls_client_start(void **state);
int tls_client_stop(void **state);

/* The authorities of the other side, in PEM. */
struct str tls_client_bundle(void);
struct tls_context *tls_client_trust(struct str pem);

/* A TCP connection to a port of 127.0.0.1. */
int tls_client_socket(uint16_t port);

struct connection {
    int socket;
    struct tls *tls;
};

struct connection tls_client_connect(struct tls_context *context, uint16_t port, const char *host);
void tls_client_disconnect(struct connection *connection);

/* Reads to the end of the stream, which must come; true when it was announced. */
bool tls_client_read_to_end(struct tls *tls, struct buf *out);

/* Asks a "facts" server what it saw: version, "resumed" or "full", server name, reads, size of the
 * request, cipher. */
void tls_client_ask(struct tls_context *context, uint16_t port, const char *host,
                    struct buf *facts);
void tls_client_expect(const struct buf *facts, const char *beginning);

/* A handshake that must fail, with that kind and those words in its message. */
struct error tls_client_refused(struct tls_context *context, uint16_t port, const char *host,
                                enum error_kind kind, const char *words);

#endif

#include "tls_client.h"

#include "crypto/crypto.h"
#include "net/dial.h"
#include "tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct buf bundle;

int tls_client_start(void **state)
{
    (void)state;
    bundle = BUF(TLS_CLIENT_TEXT);
    if (!crypto_start() || !tls_peer_start())
        return -1;
    tls_peer_file("bundle.pem", &bundle);
    return 0;
}

int tls_client_stop(void **state)
{
    (void)state;
    buf_free(&bundle);
    tls_peer_stop();
    return 0;
}

struct str tls_client_bundle(void)
{
    return buf_str(&bundle);
}

struct tls_context *tls_client_trust(struct str pem)
{
    struct error error = {0};
    struct tls_context *context = tls_context_new(pem, &error);
    if (context == NULL)
        fail_msg("%s", error.message);
    return context;
}

int tls_client_socket(uint16_t port)
{
    struct url url = {.port = port};
    struct addresses addresses;
    struct error error = {0};
    const struct proxy none = {0};
    assert_true(resolve("127.0.0.1", NAME_OF_SITE, &addresses, &error));
    struct transport transport;
    if (!dial(&addresses, &none, &url, NULL, deadline_in(PLENTY_MS), &transport, &error))
        fail_msg("%s", error.message);
    return transport.socket;
}

struct connection tls_client_connect(struct tls_context *context, uint16_t port, const char *host)
{
    struct error error = {0};
    struct connection connection = {.socket = tls_client_socket(port)};
    connection.tls =
        tls_connect(context, connection.socket, NULL, host, deadline_in(PLENTY_MS), &error);
    if (connection.tls == NULL)
        fail_msg("%s", error.message);
    return connection;
}

void tls_client_disconnect(struct connection *connection)
{
    tls_close(connection->tls);
    close(connection->socket);
}

bool tls_client_read_to_end(struct tls *tls, struct buf *out)
{
    bool clean = false;
    struct error error = {0};
    for (;;) {
        assert_true(buf_reserve(out, TLS_CLIENT_STEP));
        ssize_t got = tls_read(tls, out->data + out->length, TLS_CLIENT_STEP,
                               deadline_in(PLENTY_MS), &clean, &error);
        if (got < 0)
            fail_msg("%s", error.message);
        if (got <= 0)
            return clean;
        out->length += (size_t)got;
    }
}

void tls_client_ask(struct tls_context *context, uint16_t port, const char *host, struct buf *facts)
{
    struct error error = {0};
    struct connection connection = tls_client_connect(context, port, host);
    bool resumed = tls_is_resumed(connection.tls);
    assert_true(tls_write(connection.tls, STR("what do you see?"), deadline_in(PLENTY_MS), &error));
    buf_clear(facts);
    assert_true(tls_client_read_to_end(connection.tls, facts));
    tls_client_disconnect(&connection);
    assert_int_equal(resumed, str_search(buf_str(facts), STR(" resumed ")) < facts->length);
}

void tls_client_expect(const struct buf *facts, const char *beginning)
{
    if (!str_starts_with(buf_str(facts), str_from(beginning)))
        fail_msg("%.*s does not begin with %s", (int)facts->length, facts->data, beginning);
}

struct error tls_client_refused(struct tls_context *context, uint16_t port, const char *host,
                                enum error_kind kind, const char *words)
{
    struct error error = {0};
    int socket = tls_client_socket(port);
    assert_null(tls_connect(context, socket, NULL, host, deadline_in(PLENTY_MS), &error));
    close(socket);
    if (error.kind != kind || strstr(error.message, words) == NULL)
        fail_msg("%s: %s", error_kind_name(error.kind), error.message);
    assert_int_not_equal(error.advice[0], '\0');
    return error;
}

/* Connecting to addresses. */
#include "net/dial.h"
#include "support/tcp_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLENTY_MS = 30 * 1000, SOON_MS = 300 };

static const struct proxy no_proxy;

/* --- addresses to a socket -------------------------------------------------------------------- */

static struct addresses at(const char *first, const char *second)
{
    struct addresses addresses;
    struct addresses more;
    struct error error = {0};
    assert_true(resolve(first, NAME_OF_SITE, &addresses, &error));
    if (second != NULL) {
        assert_true(resolve(second, NAME_OF_SITE, &more, &error));
        addresses.list[addresses.count++] = more.list[0];
    }
    return addresses;
}

static int dial_port(const struct addresses *addresses, uint16_t port, int64_t limit_ms,
                     struct error *error)
{
    const struct url url = {.host = "server.test", .port = port};
    struct transport transport;
    dial(addresses, &no_proxy, &url, NULL, deadline_in(limit_ms), &transport, error);
    return transport.socket;
}

static void accept_one(int listener)
{
    int socket = tcp_accept(listener);
    tcp_say(socket, "hello");
    tcp_wait_for_end(socket);
}

static void expect_hello(int socket)
{
    char text[6] = "";
    assert_true(socket >= 0);
    assert_int_not_equal(fcntl(socket, F_GETFL) & O_NONBLOCK, 0);
    assert_int_not_equal(fcntl(socket, F_GETFD) & FD_CLOEXEC, 0);
    fcntl(socket, F_SETFL, 0);
    assert_int_equal(recv(socket, text, 5, MSG_WAITALL), 5);
    assert_string_equal(text, "hello");
    close(socket);
}

static void connects(void **state)
{
    (void)state;
    struct tcp_peer peer;
    struct error error = {0};
    struct addresses addresses = at("127.0.0.1", NULL);
    tcp_peer_start(&peer, accept_one);
    expect_hello(dial_port(&addresses, peer.port, PLENTY_MS, &error));
    tcp_peer_finish(&peer);
}

static void goes_on_to_the_next_address_when_one_refuses(void **state)
{
    (void)state;
    struct tcp_peer peer;
    struct error error = {0};
    struct addresses addresses = at("127.0.0.2", "127.0.0.1");
    tcp_peer_start(&peer, accept_one); /* listens on 127.0.0.1 only */
    expect_hello(dial_port(&addresses, peer.port, PLENTY_MS, &error));
    tcp_peer_finish(&peer);
}

static void names_every_address_that_refused(void **state)
{
    (void)state;
    int holder = -1;
    struct error error = {0};
    uint16_t port = tcp_refusing_port(&holder);
    struct addresses addresses = at("127.0.0.1", "::1");
    assert_int_equal(dial_port(&addresses, port, PLENTY_MS, &error), -1);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.message, "server.test:"));
    assert_non_null(strstr(error.message, "127.0.0.1: Connection refused"));
    assert_non_null(strstr(error.message, "; ::1: "));
    close(holder);
}

/* A port of 127.0.0.3 that does not answer: the queue of its listener is full. */
struct black_hole {
    int listener;
    int fillers[8];
};

static uint16_t open_black_hole(struct black_hole *hole)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    inet_pton(AF_INET, "127.0.0.3", &address.sin_addr);
    hole->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(hole->listener, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(hole->listener, 0), 0);
    assert_int_equal(getsockname(hole->listener, (struct sockaddr *)&address, &size), 0);
    for (size_t i = 0; i < 8; i++) {
        hole->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(hole->fillers[i], (const struct sockaddr *)&address, size);
    }
    return ntohs(address.sin_port);
}

static void close_black_hole(const struct black_hole *hole)
{
    close(hole->listener);
    for (size_t i = 0; i < 8; i++)
        close(hole->fillers[i]);
}

static void cuts_an_address_that_does_not_answer(void **state)
{
    (void)state;
    struct black_hole hole;
    struct error error = {0};
    struct addresses addresses = at("127.0.0.3", NULL);
    uint16_t port = open_black_hole(&hole);
    int64_t begun = clock_monotonic_ms();
    assert_int_equal(dial_port(&addresses, port, SOON_MS, &error), -1);
    assert_in_range(clock_monotonic_ms() - begun, SOON_MS, 30 * SOON_MS);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.message, "127.0.0.3: "));
    close_black_hole(&hole);
}

/* Long before the first attempt times out (LIMIT_CONNECT_MS). */
static void tries_the_next_address_while_one_does_not_answer(void **state)
{
    (void)state;
    struct black_hole hole;
    struct error error = {0};
    struct addresses addresses = at("127.0.0.3", "127.0.0.1");
    struct sockaddr_in good = {.sin_family = AF_INET};
    uint16_t port = open_black_hole(&hole);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &good.sin_addr);
    good.sin_port = htons(port);
    assert_int_equal(bind(listener, (const struct sockaddr *)&good, sizeof good), 0);
    assert_int_equal(listen(listener, 1), 0);
    int64_t begun = clock_monotonic_ms();
    int socket = dial_port(&addresses, port, PLENTY_MS, &error);
    assert_true(socket >= 0);
    assert_true(clock_monotonic_ms() - begun < LIMIT_CONNECT_MS);
    close(socket);
    close(listener);
    close_black_hole(&hole);
}

static void does_not_begin_after_its_deadline(void **state)
{
    (void)state;
    struct error error = {0};
    struct addresses addresses = at("127.0.0.1", NULL);
    assert_int_equal(dial_port(&addresses, 1, 0, &error), -1);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.message, "no time was left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects),
        cmocka_unit_test(goes_on_to_the_next_address_when_one_refuses),
        cmocka_unit_test(names_every_address_that_refused),
        cmocka_unit_test(cuts_an_address_that_does_not_answer),
        cmocka_unit_test(tries_the_next_address_while_one_does_not_answer),
        cmocka_unit_test(does_not_begin_after_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

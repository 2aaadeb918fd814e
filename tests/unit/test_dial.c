/* Resolving names, connecting to addresses, and connecting through a proxy. */
#include "net/dial.h"
#include "support/tcp_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLENTY_MS = 30 * 1000, SOON_MS = 300 };

static const struct proxy no_proxy;

/* --- names to addresses ----------------------------------------------------------------------- */

/* A fake resolver: the result for every name. */
static struct {
    const char *const *answers;
    size_t count;
    int code;
    unsigned asked;
    struct addrinfo list[64];
    struct sockaddr_in6 addresses[64];
} resolver;

/* The linker uses these instead of the C library's functions. */
int answer(const char *host, const char *service, const struct addrinfo *hints,
           struct addrinfo **found) __asm__("getaddrinfo");
void take_back(struct addrinfo *list) __asm__("freeaddrinfo");

int answer(const char *host, const char *service, const struct addrinfo *hints,
           struct addrinfo **found)
{
    assert_non_null(host);
    assert_null(service);
    assert_int_equal(hints->ai_socktype, SOCK_STREAM);
    resolver.asked++;
    for (size_t i = 0; i < resolver.count; i++) {
        struct addrinfo *entry = &resolver.list[i];
        struct sockaddr_in6 *v6 = &resolver.addresses[i];
        struct sockaddr_in *v4 = (struct sockaddr_in *)v6;
        *v6 = (struct sockaddr_in6){0};
        bool is_v6 = inet_pton(AF_INET6, resolver.answers[i], &v6->sin6_addr) == 1;
        if (!is_v6)
            assert_int_equal(inet_pton(AF_INET, resolver.answers[i], &v4->sin_addr), 1);
        v6->sin6_family = is_v6 ? AF_INET6 : AF_INET;
        *entry = (struct addrinfo){.ai_family = v6->sin6_family,
                                   .ai_addr = (struct sockaddr *)v6,
                                   .ai_addrlen = is_v6 ? sizeof *v6 : sizeof *v4,
                                   .ai_next = i + 1 < resolver.count ? entry + 1 : NULL};
    }
    *found = resolver.list;
    return resolver.code;
}

void take_back(struct addrinfo *list)
{
    assert_ptr_equal(list, resolver.list);
}

static void resolver_says(const char *const *answers, size_t count, int code)
{
    memset(&resolver, 0, sizeof resolver);
    resolver.answers = answers;
    resolver.count = count;
    resolver.code = code;
}

static void expect_address(const struct addresses *addresses, size_t i, const char *expected)
{
    char text[INET6_ADDRSTRLEN];
    int family = addresses->list[i].address.generic.sa_family;
    assert_int_equal(addresses->list[i].size,
                     family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    assert_non_null(inet_ntop(family,
                              family == AF_INET6
                                  ? (const void *)&addresses->list[i].address.v6.sin6_addr
                                  : (const void *)&addresses->list[i].address.v4.sin_addr,
                              text, sizeof text));
    assert_string_equal(text, expected);
}

static void alternates_families_in_the_resolvers_order(void **state)
{
    (void)state;
    static const char *const answers[] = {"2001:db8::1", "2001:db8::2", "2001:db8::3", "10.0.0.1",
                                          "10.0.0.2"};
    struct addresses addresses;
    struct error error = {0};
    resolver_says(answers, 5, 0);
    assert_true(resolve("sts.amazonaws.com", &addresses, &error));
    assert_string_equal(addresses.host, "sts.amazonaws.com");
    assert_int_equal(addresses.count, 5);
    expect_address(&addresses, 0, "2001:db8::1");
    expect_address(&addresses, 1, "10.0.0.1");
    expect_address(&addresses, 2, "2001:db8::2");
    expect_address(&addresses, 3, "10.0.0.2");
    expect_address(&addresses, 4, "2001:db8::3");
    resolver_says(answers + 2, 2, 0);
    assert_true(resolve("sts.amazonaws.com", &addresses, &error));
    expect_address(&addresses, 0, "2001:db8::3");
    resolver_says(answers + 3, 2, 0);
    assert_true(resolve("sts.amazonaws.com", &addresses, &error));
    expect_address(&addresses, 1, "10.0.0.2");
}

static void keeps_as_many_addresses_as_there_is_room_for(void **state)
{
    (void)state;
    static const char *answers[LIMIT_ADDRESSES_PER_HOST + 4];
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        answers[i] = i % 2 == 0 ? "10.0.0.1" : "2001:db8::1";
    struct addresses addresses;
    struct error error = {0};
    resolver_says(answers, sizeof answers / sizeof answers[0], 0);
    assert_true(resolve("many.test", &addresses, &error));
    assert_int_equal(addresses.count, LIMIT_ADDRESSES_PER_HOST);
}

static void asks_nobody_about_an_address(void **state)
{
    (void)state;
    struct addresses addresses;
    struct error error = {0};
    resolver_says(NULL, 0, EAI_FAIL);
    assert_true(resolve("192.0.2.1", &addresses, &error));
    expect_address(&addresses, 0, "192.0.2.1");
    assert_true(resolve("2001:db8::1", &addresses, &error));
    expect_address(&addresses, 0, "2001:db8::1");
    assert_int_equal(addresses.count, 1);
    assert_int_equal(resolver.asked, 0);
}

static void says_which_name_is_not_found(void **state)
{
    (void)state;
    static const int codes[] = {EAI_NONAME, EAI_AGAIN, EAI_FAIL};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct addresses addresses;
        struct error error = {0};
        resolver_says(NULL, 0, codes[i]);
        assert_false(resolve("nowhere.test", &addresses, &error));
        assert_int_equal(error.kind, ERROR_TRANSIENT);
        assert_non_null(strstr(error.message, "nowhere.test"));
        assert_int_not_equal(error.advice[0], '\0');
    }
}

/* --- addresses to a socket -------------------------------------------------------------------- */

static struct addresses at(const char *first, const char *second)
{
    struct addresses addresses;
    struct addresses more;
    struct error error = {0};
    assert_true(resolve(first, &addresses, &error));
    if (second != NULL) {
        assert_true(resolve(second, &more, &error));
        addresses.list[addresses.count++] = more.list[0];
    }
    return addresses;
}

static int dial_port(const struct addresses *addresses, uint16_t port, int64_t limit_ms,
                     struct error *error)
{
    const struct url url = {.host = "server.test", .port = port};
    return dial(addresses, &no_proxy, &url, deadline_in(limit_ms), error);
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
        cmocka_unit_test(alternates_families_in_the_resolvers_order),
        cmocka_unit_test(keeps_as_many_addresses_as_there_is_room_for),
        cmocka_unit_test(asks_nobody_about_an_address),
        cmocka_unit_test(says_which_name_is_not_found),
        cmocka_unit_test(connects),
        cmocka_unit_test(goes_on_to_the_next_address_when_one_refuses),
        cmocka_unit_test(names_every_address_that_refused),
        cmocka_unit_test(cuts_an_address_that_does_not_answer),
        cmocka_unit_test(tries_the_next_address_while_one_does_not_answer),
        cmocka_unit_test(does_not_begin_after_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

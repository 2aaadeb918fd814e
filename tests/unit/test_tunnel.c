/* A connection through an HTTP proxy. */
#include "net/dial.h"
#include "support/tcp_peer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLENTY_MS = 30 * 1000, SOON_MS = 300 };

static int dial_through(uint16_t port, const char *user_info, int64_t limit_ms, struct error *error)
{
    const struct url target = {.tls = true, .host = "sts.amazonaws.com", .port = 443};
    struct proxy proxy = {.present = true, .url = {.host = "127.0.0.1", .port = port}};
    struct addresses addresses;
    strncpy(proxy.url.user_info, user_info, sizeof proxy.url.user_info - 1);
    assert_true(resolve("127.0.0.1", NAME_OF_SITE, &addresses, error));
    struct transport transport;
    if (dial(&addresses, &proxy, &target, NULL, deadline_in(limit_ms), &transport, error))
        return transport.socket;
    transport_close(&transport);
    return -1;
}

static void refused_with(const char *user_info, void (*script)(int listener), int64_t limit_ms,
                         enum error_kind kind, const char *words)
{
    struct tcp_peer peer;
    struct error error = {0};
    tcp_peer_start(&peer, script);
    assert_int_equal(dial_through(peer.port, user_info, limit_ms, &error), -1);
    if (error.kind != kind || strstr(error.message, words) == NULL ||
        strstr(error.message, "proxy") == NULL)
        fail_msg("%s: %s", error_kind_name(error.kind), error.message);
    assert_int_not_equal(error.advice[0], '\0');
    tcp_peer_finish(&peer);
}

static void refused(void (*script)(int listener), int64_t limit_ms, enum error_kind kind,
                    const char *words)
{
    refused_with("", script, limit_ms, kind, words);
}

/* The target sends at once: no byte of it may be lost. */
static void open_tunnel(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n"
                       "Host: sts.amazonaws.com:443\r\n\r\n");
    tcp_say(socket,
            "HTTP/1.1 200 Connection established\r\nVia: x\r\nContent-Length: 3\r\n\r\nhello");
    tcp_wait_for_end(socket);
}

static void opens_a_tunnel(void **state)
{
    (void)state;
    struct tcp_peer peer;
    struct error error = {0};
    char text[6] = "";
    tcp_peer_start(&peer, open_tunnel);
    int socket = dial_through(peer.port, "", PLENTY_MS, &error);
    if (socket < 0)
        fail_msg("%s", error.message);
    fcntl(socket, F_SETFL, 0);
    assert_int_equal(recv(socket, text, 5, MSG_WAITALL), 5);
    assert_string_equal(text, "hello");
    close(socket);
    tcp_peer_finish(&peer);
}

static void expect_credentials(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "\r\nProxy-Authorization: Basic dXNlcjpwYTpzcw==\r\n\r\n");
    tcp_say(socket, "HTTP/1.0 200 OK\r\n\r\n");
    tcp_wait_for_end(socket);
}

static void sends_credentials(void **state)
{
    (void)state;
    struct tcp_peer peer;
    struct error error = {0};
    tcp_peer_start(&peer, expect_credentials);
    int socket = dial_through(peer.port, "user:pa:ss", PLENTY_MS, &error);
    assert_true(socket >= 0);
    close(socket);
    tcp_peer_finish(&peer);
}

static void reply_with(int listener, const char *reply)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "CONNECT ");
    tcp_say(socket, reply);
    tcp_wait_for_end(socket);
}

static void ask_for_credentials(int listener)
{
    reply_with(listener, "HTTP/1.1 407 Who are you?\r\nProxy-Authenticate: Basic\r\n"
                         "Content-Length: 100\r\n\r\n");
}

static void ask_in_two_ways(int listener)
{
    reply_with(listener,
               "HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM, bAsIC realm=\"a, b\"\r\n\r\n");
}

static void ask_in_no_way(int listener)
{
    reply_with(listener, "HTTP/1.1 407 x\r\n\r\n");
}

static void ask_in_other_ways(int listener)
{
    reply_with(listener, "HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\n"
                         "proxy-authenticate: NTLM TlRMTVNTUAAC\r\n"
                         "Proxy-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\r\n");
}

static void forbid(int listener)
{
    reply_with(listener, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
}

static void fail_upstream(int listener)
{
    reply_with(listener, "HTTP/1.1 502 Bad Gateway\r\n\r\n");
}

static void know_no_tunnels(int listener)
{
    reply_with(listener, "HTTP/1.1 405 Method Not Allowed\r\n\r\n");
}

static void speak_something_else(int listener)
{
    reply_with(listener, "SSH-2.0-dropbear\r\n\r\n");
}

static void hang_up(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "CONNECT ");
}

static void explains_a_refusal(void **state)
{
    (void)state;
    refused(ask_for_credentials, PLENTY_MS, ERROR_DENIED, "(status 407), and none are given");
    refused(forbid, PLENTY_MS, ERROR_DENIED, "sts.amazonaws.com:443 with status 403");
    refused(fail_upstream, PLENTY_MS, ERROR_TRANSIENT, "status 502");
    refused(know_no_tunnels, PLENTY_MS, ERROR_PERMANENT, "status 405");
    refused(speak_something_else, PLENTY_MS, ERROR_TRANSIENT, "not valid HTTP");
    refused(hang_up, PLENTY_MS, ERROR_TRANSIENT, "closed the connection");
}

static void tells_apart_what_it_wants(void **state)
{
    (void)state;
    static const char given[] = "refused the user or password that are given (status 407)";
    static const char others[] = "(status 407) by Negotiate, NTLM, Digest, which this";
    refused(ask_in_two_ways, PLENTY_MS, ERROR_DENIED, "none are given");
    refused(ask_in_no_way, PLENTY_MS, ERROR_DENIED, "none are given");
    refused(ask_in_other_ways, PLENTY_MS, ERROR_DENIED, others);
    refused_with("user:pass", ask_for_credentials, PLENTY_MS, ERROR_DENIED, given);
    refused_with("user:pass", ask_in_two_ways, PLENTY_MS, ERROR_DENIED, given);
    refused_with("user:pass", ask_in_other_ways, PLENTY_MS, ERROR_DENIED, others);
}

static void drip(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "CONNECT ");
    tcp_drip(socket, "HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n");
}

static void cuts_a_proxy_that_drips(void **state)
{
    (void)state;
    refused(drip, SOON_MS, ERROR_TRANSIENT, "the reply was not received");
}

static void says_that_the_proxy_cannot_be_reached(void **state)
{
    (void)state;
    int holder = -1;
    struct error error = {0};
    uint16_t port = tcp_refusing_port(&holder);
    assert_int_equal(dial_through(port, "", PLENTY_MS, &error), -1);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.message, "proxy"));
    assert_non_null(strstr(error.message, "127.0.0.1"));
    close(holder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_a_tunnel),
        cmocka_unit_test(sends_credentials),
        cmocka_unit_test(explains_a_refusal),
        cmocka_unit_test(tells_apart_what_it_wants),
        cmocka_unit_test(cuts_a_proxy_that_drips),
        cmocka_unit_test(says_that_the_proxy_cannot_be_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

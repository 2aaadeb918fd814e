/* Exchanges with a server over a socket: the request, and persistent connections. */
#include "support/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* --- what is sent ----------------------------------------------------------------------------- */

static void expect_a_whole_request(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "POST /path?x=1 HTTP/1.1\r\nHost: 127.0.0.1:");
    tcp_say(socket, OK_REPLY);
    tcp_expect(socket, "\r\nX-Amz-Target: a b\r\nAccept: */*\r\nContent-Length: 5\r\n\r\nhello");
    tcp_say(socket, OK_REPLY);
    tcp_expect(socket, "\r\nContent-Length: 0\r\n\r\n");
    tcp_say(socket, OK_REPLY);
    tcp_wait_for_end(socket);
}

static void sends_what_it_is_asked_to(void **state)
{
    (void)state;
    struct client client;
    static const struct http_header headers[] = {
        {STR("X-Amz-Target"), STR("a b")},
        {STR("Accept"), STR("*/*")},
    };
    const struct http_request requests[] = {
        {.method = STR("POST"), .target = STR("/path?x=1")},
        {STR("POST"), STR("/"), headers, 2, STR("hello")},
        {.method = STR("PUT"), .target = STR("/")},
    };
    http_client_start(&client, expect_a_whole_request);
    for (size_t i = 0; i < 3; i++) {
        struct http_response response;
        int64_t before = clock_now();
        assert_true(http_client_try(&client, &requests[i], PLENTY_MS, &response));
        assert_true(response.sent_at >= before);
        assert_true(response.received_at >= response.sent_at);
        http_response_free(&response);
    }
    http_client_finish(&client);
}

static void expect_no_length(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "GET / HTTP/1.1\r\nHost: ");
    tcp_say(socket, OK_REPLY);
    tcp_wait_for_end(socket);
}

static void sends_no_length_with_get(void **state)
{
    (void)state;
    struct client client;
    struct http_response response;
    const struct http_request get = {.method = STR("GET"), .target = STR("/")};
    http_client_start(&client, expect_no_length);
    assert_true(http_client_try(&client, &get, PLENTY_MS, &response));
    http_response_free(&response);
    http_client_finish(&client);
}

static void expect_nobody(int listener)
{
    (void)listener;
}

static void refuses_to_send(struct client *client, const struct http_request *request)
{
    struct http_response response;
    assert_false(http_client_try(client, request, PLENTY_MS, &response));
    assert_int_equal(client->error.kind, ERROR_INTERNAL);
}

static void sends_nothing_that_could_be_two_requests(void **state)
{
    (void)state;
    struct client client;
    static const struct http_header headers[] = {
        {STR("Evil"), STR("a\r\nInjected: b")},
        {STR("Evil"), STR("a\nb")},
        {STR("Evil"), STR("a\0b")},
        {STR("Evil"), STR("a\x7f")},
        {STR("Evil"), STR("\xc3\xa4")},
        {STR("Evil "), STR("a")},
        {STR("Ev:il"), STR("a")},
        {STR(""), STR("a")},
        {STR("host"), STR("a")},
        {STR("Content-length"), STR("1")},
        {STR("Connection"), STR("close")},
        {STR("Transfer-Encoding"), STR("chunked")},
    };
    static const struct str targets[] = {STR(""), STR("path"), STR("/a b"), STR("/\r\n"),
                                         STR("/\xff")};
    http_client_start(&client, expect_nobody);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        refuses_to_send(&client,
                        &(struct http_request){STR("POST"), STR("/"), &headers[i], 1, STR("")});
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        refuses_to_send(&client,
                        &(struct http_request){.method = STR("GET"), .target = targets[i]});
    refuses_to_send(&client, &(struct http_request){.method = STR("G ET"), .target = STR("/")});
    http_client_finish(&client);
}

/* --- kept connections ------------------------------------------------------------------------- */

static void serve_three_on_one(int listener)
{
    int socket = tcp_accept(listener);
    for (int i = 0; i < 3; i++) {
        tcp_expect(socket, "hello");
        tcp_say(socket, i == 2 ? "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno" : OK_REPLY);
    }
    tcp_wait_for_end(socket);
}

static void keeps_a_connection(void **state)
{
    (void)state;
    struct client client;
    http_client_start(&client, serve_three_on_one);
    http_client_expect(&client, 200, "ok");
    http_client_expect(&client, 200, "ok");
    http_client_expect(&client, 503, "no");
    http_client_finish(&client);
}

static void serve_and_say_close(int listener)
{
    for (int i = 0; i < 2; i++) {
        int socket = tcp_accept(listener);
        tcp_expect(socket, "hello");
        tcp_say(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        tcp_wait_for_end(socket);
        close(socket);
    }
}

static void closes_when_the_server_says_so(void **state)
{
    (void)state;
    struct client client;
    http_client_start(&client, serve_and_say_close);
    http_client_expect(&client, 200, "ok");
    http_client_expect(&client, 200, "ok");
    http_client_finish(&client);
}

static void serve_and_close_unannounced(int listener)
{
    for (int i = 0; i < 3; i++) {
        int socket = tcp_accept(listener);
        tcp_expect(socket, "hello");
        tcp_say(socket, OK_REPLY);
        if (i == 1) {
            tcp_expect(socket, "hello");
            tcp_reset(socket);
        } else {
            close(socket);
        }
    }
}

static void reopens_a_kept_connection_that_was_closed(void **state)
{
    (void)state;
    struct client client;
    http_client_start(&client, serve_and_close_unannounced);
    http_client_expect(&client, 200, "ok");
    http_client_expect(&client, 200, "ok");
    http_client_expect(&client, 200, "ok");
    http_client_finish(&client);
}

static void serve_once_then_close_twice(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, OK_REPLY);
    tcp_expect(socket, "hello");
    close(socket);
    socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    close(socket);
    socket = tcp_accept(listener); /* the next request, not a third try */
    tcp_expect(socket, "hello");
    tcp_say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlater");
    tcp_wait_for_end(socket);
}

static void reopens_only_once(void **state)
{
    (void)state;
    struct client client;
    http_client_start(&client, serve_once_then_close_twice);
    http_client_expect(&client, 200, "ok");
    http_client_fail(&client, PLENTY_MS, ERROR_TRANSIENT, "without a reply");
    http_client_expect(&client, 200, "later");
    http_client_finish(&client);
}

static void close_at_once_then_serve(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    close(socket);
    socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, OK_REPLY);
    tcp_wait_for_end(socket);
}

static void does_not_send_twice_on_a_new_connection(void **state)
{
    (void)state;
    struct client client;
    http_client_start(&client, close_at_once_then_serve);
    http_client_fail(&client, PLENTY_MS, ERROR_TRANSIENT, "without a reply");
    http_client_expect(&client, 200, "ok");
    http_client_finish(&client);
}

static void serve_then_cut_the_next(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, OK_REPLY);
    tcp_expect(socket, "hello");
    tcp_say(socket, "H");
    close(socket);
    socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, OK_REPLY);
    tcp_wait_for_end(socket);
}

static void does_not_send_twice_once_a_byte_came(void **state)
{
    (void)state;
    struct client client;
    http_client_start(&client, serve_then_cut_the_next);
    http_client_expect(&client, 200, "ok");
    http_client_fail(&client, PLENTY_MS, ERROR_TRANSIENT, "127.0.0.1: the server closed");
    http_client_expect(&client, 200, "ok");
    http_client_finish(&client);
}

static void serve_too_much_then_well(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
    tcp_wait_for_end(socket);
    socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, OK_REPLY);
    tcp_wait_for_end(socket);
}

static void opens_anew_after_a_reply_that_it_refused(void **state)
{
    (void)state;
    struct client client;
    http_client_start(&client, serve_too_much_then_well);
    http_client_fail(&client, PLENTY_MS, ERROR_PERMANENT, "more than 1000 bytes of body");
    http_client_expect(&client, 200, "ok");
    http_client_finish(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_it_is_asked_to),
        cmocka_unit_test(sends_no_length_with_get),
        cmocka_unit_test(sends_nothing_that_could_be_two_requests),
        cmocka_unit_test(keeps_a_connection),
        cmocka_unit_test(closes_when_the_server_says_so),
        cmocka_unit_test(reopens_a_kept_connection_that_was_closed),
        cmocka_unit_test(reopens_only_once),
        cmocka_unit_test(does_not_send_twice_on_a_new_connection),
        cmocka_unit_test(does_not_send_twice_once_a_byte_came),
        cmocka_unit_test(opens_anew_after_a_reply_that_it_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

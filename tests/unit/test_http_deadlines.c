/* No server holds an exchange longer than its deadline. */
#include "support/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expect_nobody(int listener)
{
    (void)listener;
}

/* --- deadlines -------------------------------------------------------------------------------- */

static void expect_cut_in_time(void (*script)(int listener))
{
    struct client client;
    http_client_start(&client, script);
    int64_t begun = clock_monotonic_ms();
    http_client_fail(&client, SOON_MS, ERROR_TRANSIENT, "127.0.0.1");
    assert_in_range(clock_monotonic_ms() - begun, SOON_MS, 40 * SOON_MS);
    http_client_finish(&client);
}

static void say_nothing(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_wait_for_end(socket);
}

static void drip_a_head(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, "HTTP/1.1 200 OK\r\n");
    tcp_drip(socket, "Header: value\r\n");
}

static void drip_a_body(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    tcp_drip(socket, "x");
}

static void drip_chunks(int listener)
{
    int socket = tcp_accept(listener);
    tcp_expect(socket, "hello");
    tcp_say(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    tcp_drip(socket, "1\r\nx\r\n");
}

static void cuts_a_server_that_drips(void **state)
{
    (void)state;
    expect_cut_in_time(say_nothing);
    expect_cut_in_time(drip_a_head);
    expect_cut_in_time(drip_a_body);
    expect_cut_in_time(drip_chunks);
}

static void does_nothing_when_the_deadline_has_passed(void **state)
{
    (void)state;
    struct client client;
    http_client_start(&client, expect_nobody);
    http_client_fail(&client, 0, ERROR_TRANSIENT, "no time was left");
    http_client_finish(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_a_server_that_drips),
        cmocka_unit_test(does_nothing_when_the_deadline_has_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

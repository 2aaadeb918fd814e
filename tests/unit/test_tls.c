/* TLS connections to servers of another implementation, Python's ssl: servers that misbehave, ends
 * of streams, deadlines, resumption, and the number of reads. */
#include "net/tls.h"
#include "support/tls_client.h"
#include "support/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON_MS = 300, MUCH = 32 * 1024 * 1024 };

/* --- servers that misbehave ------------------------------------------------------------------- */

static void refuses_old_ciphers(void **state)
{
    (void)state;
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    tls_client_refused(context, tls_peer_serve("ec", "old-ciphers", "facts"), "server.test",
                       ERROR_PERMANENT, "no TLS version and cipher in common");
    tls_context_free(context);
}

static void reports_a_server_without_tls(void **state)
{
    (void)state;
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    tls_client_refused(context, tls_peer_serve("ec", "any", "plain"), "server.test",
                       ERROR_PERMANENT, "does not speak TLS");
    tls_client_refused(context, tls_peer_serve("ec", "any", "close"), "server.test",
                       ERROR_TRANSIENT, "");
    tls_context_free(context);
}

static void expect_cut_in_time(const char *behaviour)
{
    struct error error = {0};
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    int socket = tls_client_socket(tls_peer_serve("ec", "any", behaviour));
    int64_t begun = clock_monotonic_ms();
    assert_null(tls_connect(context, socket, NULL, "server.test", deadline_in(SOON_MS), &error));
    assert_in_range(clock_monotonic_ms() - begun, SOON_MS, 40 * SOON_MS);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    close(socket);
    tls_context_free(context);
}

static void cuts_a_handshake_at_its_deadline(void **state)
{
    (void)state;
    expect_cut_in_time("silent");
    expect_cut_in_time("drip");
}

static void cuts_a_read_at_its_deadline_while_bytes_drip(void **state)
{
    (void)state;
    struct error error = {0};
    char out[16];
    bool clean = true;
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    struct connection connection =
        tls_client_connect(context, tls_peer_serve("ec", "any", "tickets"), "server.test");
    assert_true(tls_write(connection.tls, STR("?"), deadline_in(PLENTY_MS), &error));
    int64_t begun = clock_monotonic_ms();
    assert_int_equal(
        tls_read(connection.tls, out, sizeof out, deadline_in(SOON_MS), &clean, &error), -1);
    assert_in_range(clock_monotonic_ms() - begun, SOON_MS, 40 * SOON_MS);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_false(clean);
    tls_client_disconnect(&connection);
    tls_context_free(context);
}

static void cuts_a_write_that_nobody_reads(void **state)
{
    (void)state;
    struct error error = {0};
    struct buf much BUF_AUTO = BUF(MUCH);
    assert_true(buf_reserve(&much, much.limit));
    memset(much.data, 'x', much.limit);
    much.length = much.limit;
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    struct connection connection =
        tls_client_connect(context, tls_peer_serve("ec", "any", "deaf"), "server.test");
    /* A small buffer: an emulator would need long to encrypt the megabytes that fill a large one.
     */
    static const int taken = 16 * 1024;
    assert_int_equal(setsockopt(connection.socket, SOL_SOCKET, SO_SNDBUF, &taken, sizeof taken), 0);
    int64_t begun = clock_monotonic_ms();
    assert_false(tls_write(connection.tls, buf_str(&much), deadline_in(SOON_MS), &error));
    assert_in_range(clock_monotonic_ms() - begun, SOON_MS, 40 * SOON_MS);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    tls_client_disconnect(&connection);
    tls_context_free(context);
}

static void distinguishes_a_cut_stream_from_a_closed_one(void **state)
{
    (void)state;
    struct buf text BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    struct connection connection =
        tls_client_connect(context, tls_peer_serve("ec", "any", "cut"), "server.test");
    assert_false(tls_client_read_to_end(connection.tls, &text));
    assert_true(str_equal(buf_str(&text), STR("part")));
    tls_client_disconnect(&connection);
    tls_context_free(context);
}

static void reads_a_megabyte(void **state)
{
    (void)state;
    struct buf all BUF_AUTO = BUF(MUCH);
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    struct connection connection =
        tls_client_connect(context, tls_peer_serve("ec", "any", "bulk"), "server.test");
    assert_true(tls_client_read_to_end(connection.tls, &all));
    assert_int_equal(all.length, 1024 * 1024);
    for (size_t i = 0; i < all.length; i++)
        assert_int_equal((uint8_t)all.data[i], i & 0xff);
    tls_client_disconnect(&connection);
    tls_context_free(context);
}

/* --- resumption and round trips --------------------------------------------------------------- */

static void check_resumption(const char *versions, const char *full, const char *resumed)
{
    struct buf facts BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    uint16_t port = tls_peer_serve("ec", versions, "facts");
    tls_client_ask(context, port, "server.test", &facts);
    tls_client_expect(&facts, full);
    for (int i = 0; i < 3; i++) {
        tls_client_ask(context, port, "server.test", &facts);
        tls_client_expect(&facts, resumed);
    }
    tls_client_ask(context, port, "other.test", &facts);
    tls_client_expect(&facts, "TLSv1.");
    assert_true(str_search(buf_str(&facts), STR(" full ")) < facts.length);
    tls_context_free(context);
}

static void resumes_sessions_with_the_same_host_only(void **state)
{
    (void)state;
    check_resumption("1.3", "TLSv1.3 full ", "TLSv1.3 resumed ");
    check_resumption("1.2", "TLSv1.2 full ", "TLSv1.2 resumed ");
    check_resumption("stateful", "TLSv1.2 full ", "TLSv1.2 resumed ");
}

static void resumes_sessions_with_an_address(void **state)
{
    (void)state;
    struct buf facts BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    uint16_t port = tls_peer_serve("address", "1.3", "facts");
    tls_client_ask(context, port, "127.0.0.1", &facts);
    tls_client_ask(context, port, "127.0.0.1", &facts);
    tls_client_expect(&facts, "TLSv1.3 resumed - ");
    tls_context_free(context);
}

static void repeats_the_handshake_when_the_server_has_lost_the_session(void **state)
{
    (void)state;
    struct buf facts BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    static const char *const versions[] = {"1.3", "1.2", "stateful"};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct tls_context *context = tls_client_trust(tls_client_bundle());
        tls_client_ask(context, tls_peer_serve("ec", versions[i], "facts"), "server.test", &facts);
        tls_client_ask(context, tls_peer_serve("ec", versions[i], "facts"), "server.test", &facts);
        assert_true(str_search(buf_str(&facts), STR(" full ")) < facts.length);
        tls_context_free(context);
    }
}

static void stores_sessions_of_several_hosts(void **state)
{
    (void)state;
    struct buf facts BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    static const char *const hosts[] = {"a.wild.test", "b.wild.test", "c.wild.test", "server.test"};
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    uint16_t port = tls_peer_serve("rsa", "1.3", "facts");
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 4; i++) {
            tls_client_ask(context, port, hosts[i], &facts);
            tls_client_expect(&facts, round == 0 ? "TLSv1.3 full " : "TLSv1.3 resumed ");
        }
    }
    for (int letter = 'd'; letter < 'z'; letter++) {
        const char name[] = {(char)letter, '.', 'w', 'i', 'l', 'd', '.', 't', 'e', 's', 't', '\0'};
        tls_client_ask(context, port, name, &facts);
    }
    tls_client_ask(context, port, hosts[0], &facts);
    tls_client_expect(&facts, "TLSv1.3 full ");
    tls_context_free(context);
}

/* The server reads twice: our hello, then the end of our handshake together with the request. */
static void sends_the_request_with_the_end_of_the_handshake(void **state)
{
    (void)state;
    struct buf facts BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    uint16_t port = tls_peer_serve("ec", "1.3", "facts");
    tls_client_ask(context, port, "server.test", &facts);
    tls_client_expect(&facts, "TLSv1.3 full server.test 2 16 TLS_AES_128_GCM_SHA256");
    tls_client_ask(context, port, "server.test", &facts);
    tls_client_expect(&facts, "TLSv1.3 resumed server.test 2 16 ");
    tls_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_old_ciphers),
        cmocka_unit_test(reports_a_server_without_tls),
        cmocka_unit_test(cuts_a_handshake_at_its_deadline),
        cmocka_unit_test(cuts_a_read_at_its_deadline_while_bytes_drip),
        cmocka_unit_test(cuts_a_write_that_nobody_reads),
        cmocka_unit_test(distinguishes_a_cut_stream_from_a_closed_one),
        cmocka_unit_test(reads_a_megabyte),
        cmocka_unit_test(resumes_sessions_with_the_same_host_only),
        cmocka_unit_test(resumes_sessions_with_an_address),
        cmocka_unit_test(repeats_the_handshake_when_the_server_has_lost_the_session),
        cmocka_unit_test(stores_sessions_of_several_hosts),
        cmocka_unit_test(sends_the_request_with_the_end_of_the_handshake),
    };
    return cmocka_run_group_tests(tests, tls_client_start, tls_client_stop);
}

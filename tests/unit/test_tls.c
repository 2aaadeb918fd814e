/* TLS against another implementation: whom we believe, what we say when we do not, resumption, ends
 * and deadlines. */
#include "base/crypto.h"
#include "net/dial.h"
#include "net/tls.h"
#include "tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLENTY_MS = 30 * 1000, SOON_MS = 300 };

static struct buf bundle;

static int start(void **state)
{
    (void)state;
    bundle = BUF(64 * 1024);
    if (!crypto_start() || !tls_peer_start())
        return -1;
    tls_peer_file("bundle.pem", &bundle);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_free(&bundle);
    tls_peer_stop();
    return 0;
}

static int real_clock(void **state)
{
    (void)state;
    return unsetenv("WCP_TEST_CLOCK");
}

static void set_clock(int64_t now)
{
    char text[24];
    struct buf decimal = BUF(sizeof text);
    buf_format(&decimal, "%lld", (long long)now);
    setenv("WCP_TEST_CLOCK", buf_text(&decimal), 1);
    buf_free(&decimal);
}

static struct tls_context *trust(struct str pem)
{
    struct error error = {0};
    struct tls_context *context = tls_context_new(pem, &error);
    if (context == NULL)
        fail_msg("%s", error.message);
    return context;
}

static int connect_to(uint16_t port)
{
    struct url url = {.port = port};
    struct addresses addresses;
    struct error error = {0};
    const struct proxy none = {0};
    assert_true(resolve("127.0.0.1", &addresses, &error));
    int socket = dial(&addresses, &none, &url, deadline_in(PLENTY_MS), &error);
    if (socket < 0)
        fail_msg("%s", error.message);
    return socket;
}

/* A connection that must come about. */
struct connection {
    int socket;
    struct tls *tls;
};

static struct connection connected(struct tls_context *context, uint16_t port, const char *host)
{
    struct error error = {0};
    struct connection connection = {.socket = connect_to(port)};
    connection.tls = tls_connect(context, connection.socket, host, deadline_in(PLENTY_MS), &error);
    if (connection.tls == NULL)
        fail_msg("%s", error.message);
    return connection;
}

static void disconnect(struct connection *connection)
{
    tls_close(connection->tls);
    close(connection->socket);
}

/* Reads to the end of the stream, which must come. */
static bool read_to_end(struct tls *tls, struct buf *out)
{
    bool clean = false;
    struct error error = {0};
    for (;;) {
        assert_true(buf_reserve(out, 16 * 1024));
        ssize_t got = tls_read(tls, out->data + out->length, 16 * 1024, deadline_in(PLENTY_MS),
                               &clean, &error);
        if (got < 0)
            fail_msg("%s", error.message);
        if (got <= 0)
            return clean;
        out->length += (size_t)got;
    }
}

/* Asks a "facts" server what it saw: version, "resumed" or "full", server name, reads, size of the
 * request, cipher. */
static void ask(struct tls_context *context, uint16_t port, const char *host, struct buf *facts)
{
    struct error error = {0};
    struct connection connection = connected(context, port, host);
    bool resumed = tls_is_resumed(connection.tls);
    assert_true(tls_write(connection.tls, STR("what do you see?"), deadline_in(PLENTY_MS), &error));
    buf_clear(facts);
    assert_true(read_to_end(connection.tls, facts));
    disconnect(&connection);
    assert_int_equal(resumed, str_search(buf_str(facts), STR(" resumed ")) < facts->length);
}

static void expect_facts(const struct buf *facts, const char *beginning)
{
    if (!str_starts_with(buf_str(facts), str_from(beginning)))
        fail_msg("%.*s does not begin with %s", (int)facts->length, facts->data, beginning);
}

/* A handshake that must fail, with a text in its message. */
static struct error refused(struct tls_context *context, uint16_t port, const char *host,
                            enum error_kind kind, const char *words)
{
    struct error error = {0};
    int socket = connect_to(port);
    assert_null(tls_connect(context, socket, host, deadline_in(PLENTY_MS), &error));
    close(socket);
    if (error.kind != kind || strstr(error.message, words) == NULL)
        fail_msg("%s: %s", error_kind_name(error.kind), error.message);
    return error;
}

static void check_chain(const char *certificate, const char *versions, const char *host,
                        const char *expected)
{
    struct buf facts BUF_AUTO = BUF(64 * 1024);
    struct tls_context *context = trust(buf_str(&bundle));
    uint16_t port = tls_peer_serve(certificate, versions, "facts");
    ask(context, port, host, &facts);
    expect_facts(&facts, expected);
    tls_context_free(context);
}

/* --- whom we believe
 * --------------------------------------------------------------------------------------------- */

static void believes_an_ec_chain_over_tls_1_3(void **state)
{
    (void)state;
    check_chain("ec", "any", "server.test", "TLSv1.3 full server.test ");
}

static void believes_an_rsa_chain_over_tls_1_3(void **state)
{
    (void)state;
    check_chain("rsa", "1.3", "server.test", "TLSv1.3 full server.test ");
}

static void believes_both_over_tls_1_2(void **state)
{
    (void)state;
    check_chain("ec", "1.2", "server.test", "TLSv1.2 full server.test ");
    check_chain("rsa", "1.2", "server.test", "TLSv1.2 full server.test ");
}

static void matches_wildcards_and_any_case(void **state)
{
    (void)state;
    check_chain("rsa", "any", "a.wild.test", "TLSv1.3 full a.wild.test ");
    check_chain("ec", "any", "SERVER.test", "TLSv1.3 full SERVER.test ");
}

static void takes_another_group_when_the_server_has_no_x25519(void **state)
{
    (void)state;
    check_chain("ec", "p-384", "server.test", "TLSv1.3 full server.test ");
}

static void compares_addresses_and_sends_them_not_as_server_name(void **state)
{
    (void)state;
    check_chain("address", "any", "127.0.0.1", "TLSv1.3 full - ");
    check_chain("address", "1.2", "::1", "TLSv1.2 full - ");
    check_chain("address", "any", "0:0::1", "TLSv1.3 full - ");
}

static void believes_a_server_that_is_itself_trusted(void **state)
{
    (void)state;
    struct buf pinned BUF_AUTO = BUF(16 * 1024);
    struct buf facts BUF_AUTO = BUF(64 * 1024);
    tls_peer_file("pinned.pem", &pinned);
    struct tls_context *context = trust(buf_str(&pinned));
    ask(context, tls_peer_serve("pinned", "any", "facts"), "server.test", &facts);
    refused(context, tls_peer_serve("pinned", "any", "facts"), "other.test", ERROR_PERMANENT,
            "for other names: server.test");
    refused(context, tls_peer_serve("ec", "any", "facts"), "server.test", ERROR_PERMANENT,
            "\"Test root\" is not trusted");
    tls_context_free(context);
}

static void shows_the_peers_certificate(void **state)
{
    (void)state;
    struct tls_context *context = trust(buf_str(&bundle));
    struct connection connection =
        connected(context, tls_peer_serve("ec", "any", "facts"), "server.test");
    struct str der = tls_peer_certificate(connection.tls);
    assert_true(str_search(der, STR("other.test")) < der.length);
    disconnect(&connection);
    tls_context_free(context);
}

/* --- whom we do not
 * ---------------------------------------------------------------------------------------------- */

static void refuse_at(int64_t now, const char *certificate, const char *versions, const char *host,
                      enum error_kind kind, const char *words)
{
    struct tls_context *context = trust(buf_str(&bundle));
    if (now != 0)
        set_clock(now);
    struct error error =
        refused(context, tls_peer_serve(certificate, versions, "facts"), host, kind, words);
    assert_int_not_equal(error.advice[0], '\0');
    unsetenv("WCP_TEST_CLOCK");
    tls_context_free(context);
}

static void refuses_an_expired_certificate(void **state)
{
    (void)state;
    int64_t later = clock_from_date(2060, 1, 1, 0, 0, 0);
    refuse_at(later, "ec", "1.3", "server.test", ERROR_PERMANENT, "it expired on 20");
    refuse_at(later, "rsa", "1.2", "server.test", ERROR_PERMANENT,
              "this machine's clock says 2060-01-01T00:00:00Z");
}

static void refuses_a_certificate_that_is_not_valid_yet(void **state)
{
    (void)state;
    int64_t after_build = clock_build_time() + 1;
    if (after_build < clock_now() - 3600)
        refuse_at(after_build, "ec", "any", "server.test", ERROR_PERMANENT, "not valid before 20");
}

static void blames_a_clock_that_was_never_set(void **state)
{
    (void)state;
    refuse_at(60, "ec", "1.2", "server.test", ERROR_CLOCK,
              "this machine's clock says 1970-01-01T00:01:00Z");
    refuse_at(60, "ec", "1.3", "server.test", ERROR_CLOCK, "not valid before 20");
}

static void refuses_another_hosts_certificate_and_says_whose_it_is(void **state)
{
    (void)state;
    refuse_at(0, "ec", "1.3", "evil.test", ERROR_PERMANENT,
              "it is for other names: server.test, other.test");
    refuse_at(0, "rsa", "1.2", "wild.test", ERROR_PERMANENT, "server.test, *.wild.test");
    refuse_at(0, "rsa", "1.2", "a.b.wild.test", ERROR_PERMANENT, "server.test, *.wild.test");
}

static void refuses_an_address_that_the_certificate_does_not_name(void **state)
{
    (void)state;
    refuse_at(0, "address", "1.3", "127.0.0.2", ERROR_PERMANENT, "127.0.0.1, ::1");
    refuse_at(0, "address", "1.2", "::2", ERROR_PERMANENT, "127.0.0.1, ::1");
    refuse_at(0, "address", "1.3", "127.0.0.9", ERROR_PERMANENT, "127.0.0.1, ::1");
}

static void refuses_a_certificate_with_a_common_name_only(void **state)
{
    (void)state;
    refuse_at(0, "common-name", "1.3", "server.test", ERROR_PERMANENT, "it is for no host");
    refuse_at(0, "common-name", "1.2", "server.test", ERROR_PERMANENT, "it is for no host");
}

static void refuses_an_unknown_issuer_and_names_it(void **state)
{
    (void)state;
    refuse_at(0, "forger", "1.3", "server.test", ERROR_PERMANENT, "\"Foreign root\"");
    refuse_at(0, "forger", "1.2", "server.test", ERROR_PERMANENT, "\"Foreign root\"");
    refuse_at(0, "forger-with-root", "1.3", "server.test", ERROR_PERMANENT,
              "its issuer \"Foreign root\" is not trusted");
    refuse_at(0, "pinned", "any", "server.test", ERROR_PERMANENT, "signed by itself");
}

static void says_everything_that_is_wrong(void **state)
{
    (void)state;
    int64_t later = clock_from_date(2060, 1, 1, 0, 0, 0);
    refuse_at(later, "forger", "any", "evil.test", ERROR_PERMANENT, "expired on");
    refuse_at(later, "forger", "any", "evil.test", ERROR_PERMANENT, "; it is for other names");
    refuse_at(later, "forger", "any", "evil.test", ERROR_PERMANENT, "; its issuer");
}

static void refuses_a_clients_certificate(void **state)
{
    (void)state;
    refuse_at(0, "client", "1.3", "server.test", ERROR_PERMANENT, "not made for servers");
    refuse_at(0, "client", "1.2", "server.test", ERROR_PERMANENT, "not made for servers");
}

static void refuses_a_weak_key(void **state)
{
    (void)state;
    refuse_at(0, "weak", "1.2", "server.test", ERROR_PERMANENT, "too weak");
}

static void shows_no_control_character_of_a_certificate(void **state)
{
    (void)state;
    refuse_at(0, "rude", "any", "server.test", ERROR_PERMANENT, "rude;?[31m.test");
}

static void trusts_the_amazon_roots_only_when_there_is_no_bundle(void **state)
{
    (void)state;
    struct tls_context *context = trust(STR(""));
    refused(context, tls_peer_serve("ec", "any", "facts"), "server.test", ERROR_PERMANENT,
            "\"Test root\" is not trusted");
    tls_context_free(context);
}

static void refuses_a_bundle_without_certificates_or_with_a_damaged_one(void **state)
{
    (void)state;
    static const struct str bundles[] = {
        STR("nothing of the kind"),
        STR("-----BEGIN CERTIFICATE-----\n"),
        STR("-----BEGIN CERTIFICATE-----\nMIIB*\n-----END CERTIFICATE-----\n"),
        STR("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
        STR("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
    };
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++) {
        struct error error = {0};
        assert_null(tls_context_new(bundles[i], &error));
        assert_int_equal(error.kind, ERROR_CONFIGURATION);
    }
    struct buf cut BUF_AUTO = BUF(64 * 1024);
    buf_append(&cut, str_take(buf_str(&bundle), bundle.length - 40));
    struct error error = {0};
    assert_null(tls_context_new(buf_str(&cut), &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
}

/* --- peers that do not do as they should
 * ------------------------------------------------------------------------- */

static void refuses_to_meet_on_old_ciphers(void **state)
{
    (void)state;
    struct tls_context *context = trust(buf_str(&bundle));
    refused(context, tls_peer_serve("ec", "old-ciphers", "facts"), "server.test", ERROR_PERMANENT,
            "no TLS version and cipher in common");
    tls_context_free(context);
}

static void tells_a_server_without_tls(void **state)
{
    (void)state;
    struct tls_context *context = trust(buf_str(&bundle));
    refused(context, tls_peer_serve("ec", "any", "plain"), "server.test", ERROR_PERMANENT,
            "does not speak TLS");
    refused(context, tls_peer_serve("ec", "any", "close"), "server.test", ERROR_TRANSIENT, "");
    tls_context_free(context);
}

static void expect_cut_in_time(const char *behaviour)
{
    struct error error = {0};
    struct tls_context *context = trust(buf_str(&bundle));
    int socket = connect_to(tls_peer_serve("ec", "any", behaviour));
    int64_t begun = clock_monotonic_ms();
    assert_null(tls_connect(context, socket, "server.test", deadline_in(SOON_MS), &error));
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
    struct tls_context *context = trust(buf_str(&bundle));
    struct connection connection =
        connected(context, tls_peer_serve("ec", "any", "tickets"), "server.test");
    assert_true(tls_write(connection.tls, STR("?"), deadline_in(PLENTY_MS), &error));
    int64_t begun = clock_monotonic_ms();
    assert_int_equal(
        tls_read(connection.tls, out, sizeof out, deadline_in(SOON_MS), &clean, &error), -1);
    assert_in_range(clock_monotonic_ms() - begun, SOON_MS, 40 * SOON_MS);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_false(clean);
    disconnect(&connection);
    tls_context_free(context);
}

static void cuts_a_write_that_nobody_reads(void **state)
{
    (void)state;
    struct error error = {0};
    struct buf much BUF_AUTO = BUF(32 * 1024 * 1024);
    assert_true(buf_reserve(&much, much.limit));
    memset(much.data, 'x', much.limit);
    much.length = much.limit;
    struct tls_context *context = trust(buf_str(&bundle));
    struct connection connection =
        connected(context, tls_peer_serve("ec", "any", "deaf"), "server.test");
    int64_t begun = clock_monotonic_ms();
    assert_false(tls_write(connection.tls, buf_str(&much), deadline_in(SOON_MS), &error));
    assert_in_range(clock_monotonic_ms() - begun, SOON_MS, 40 * SOON_MS);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    disconnect(&connection);
    tls_context_free(context);
}

static void tells_a_cut_stream_from_an_ended_one(void **state)
{
    (void)state;
    struct buf text BUF_AUTO = BUF(64 * 1024);
    struct tls_context *context = trust(buf_str(&bundle));
    struct connection connection =
        connected(context, tls_peer_serve("ec", "any", "cut"), "server.test");
    assert_false(read_to_end(connection.tls, &text));
    assert_true(str_equal(buf_str(&text), STR("part")));
    disconnect(&connection);
    tls_context_free(context);
}

static void reads_a_megabyte(void **state)
{
    (void)state;
    struct buf all BUF_AUTO = BUF(2 * 1024 * 1024);
    struct tls_context *context = trust(buf_str(&bundle));
    struct connection connection =
        connected(context, tls_peer_serve("ec", "any", "bulk"), "server.test");
    assert_true(read_to_end(connection.tls, &all));
    assert_int_equal(all.length, 1024 * 1024);
    for (size_t i = 0; i < all.length; i++)
        assert_int_equal((uint8_t)all.data[i], i & 0xff);
    disconnect(&connection);
    tls_context_free(context);
}

/* --- what it costs
 * -----------------------------------------------------------------------------------------------
 */

static void check_resumption(const char *versions, const char *full, const char *resumed)
{
    struct buf facts BUF_AUTO = BUF(64 * 1024);
    struct tls_context *context = trust(buf_str(&bundle));
    uint16_t port = tls_peer_serve("ec", versions, "facts");
    ask(context, port, "server.test", &facts);
    expect_facts(&facts, full);
    for (int i = 0; i < 3; i++) {
        ask(context, port, "server.test", &facts);
        expect_facts(&facts, resumed);
    }
    ask(context, port, "other.test", &facts);
    expect_facts(&facts, "TLSv1.");
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
    struct buf facts BUF_AUTO = BUF(64 * 1024);
    struct tls_context *context = trust(buf_str(&bundle));
    uint16_t port = tls_peer_serve("address", "1.3", "facts");
    ask(context, port, "127.0.0.1", &facts);
    ask(context, port, "127.0.0.1", &facts);
    expect_facts(&facts, "TLSv1.3 resumed - ");
    tls_context_free(context);
}

static void goes_on_without_a_session_that_the_server_has_forgotten(void **state)
{
    (void)state;
    struct buf facts BUF_AUTO = BUF(64 * 1024);
    static const char *const versions[] = {"1.3", "1.2", "stateful"};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct tls_context *context = trust(buf_str(&bundle));
        ask(context, tls_peer_serve("ec", versions[i], "facts"), "server.test", &facts);
        ask(context, tls_peer_serve("ec", versions[i], "facts"), "server.test", &facts);
        assert_true(str_search(buf_str(&facts), STR(" full ")) < facts.length);
        tls_context_free(context);
    }
}

static void keeps_sessions_of_several_hosts(void **state)
{
    (void)state;
    struct buf facts BUF_AUTO = BUF(64 * 1024);
    static const char *const hosts[] = {"a.wild.test", "b.wild.test", "c.wild.test", "server.test"};
    struct tls_context *context = trust(buf_str(&bundle));
    uint16_t port = tls_peer_serve("rsa", "1.3", "facts");
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 4; i++) {
            ask(context, port, hosts[i], &facts);
            expect_facts(&facts, round == 0 ? "TLSv1.3 full " : "TLSv1.3 resumed ");
        }
    }
    for (char letter = 'd'; letter < 'z'; letter++) {
        const char name[] = {letter, '.', 'w', 'i', 'l', 'd', '.', 't', 'e', 's', 't', '\0'};
        ask(context, port, name, &facts);
    }
    ask(context, port, hosts[0], &facts);
    expect_facts(&facts, "TLSv1.3 full ");
    tls_context_free(context);
}

/* The server needs one read for our hello and one for the rest: the end of our handshake comes with
 * the request. */
static void sends_the_request_with_the_end_of_the_handshake(void **state)
{
    (void)state;
    struct buf facts BUF_AUTO = BUF(64 * 1024);
    struct tls_context *context = trust(buf_str(&bundle));
    uint16_t port = tls_peer_serve("ec", "1.3", "facts");
    ask(context, port, "server.test", &facts);
    expect_facts(&facts, "TLSv1.3 full server.test 2 16 TLS_AES_128_GCM_SHA256");
    ask(context, port, "server.test", &facts);
    expect_facts(&facts, "TLSv1.3 resumed server.test 2 16 ");
    tls_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(believes_an_ec_chain_over_tls_1_3),
        cmocka_unit_test(believes_an_rsa_chain_over_tls_1_3),
        cmocka_unit_test(believes_both_over_tls_1_2),
        cmocka_unit_test(matches_wildcards_and_any_case),
        cmocka_unit_test(takes_another_group_when_the_server_has_no_x25519),
        cmocka_unit_test(compares_addresses_and_sends_them_not_as_server_name),
        cmocka_unit_test(believes_a_server_that_is_itself_trusted),
        cmocka_unit_test(shows_the_peers_certificate),
        cmocka_unit_test_teardown(refuses_an_expired_certificate, real_clock),
        cmocka_unit_test_teardown(refuses_a_certificate_that_is_not_valid_yet, real_clock),
        cmocka_unit_test_teardown(blames_a_clock_that_was_never_set, real_clock),
        cmocka_unit_test(refuses_another_hosts_certificate_and_says_whose_it_is),
        cmocka_unit_test(refuses_an_address_that_the_certificate_does_not_name),
        cmocka_unit_test(refuses_a_certificate_with_a_common_name_only),
        cmocka_unit_test(refuses_an_unknown_issuer_and_names_it),
        cmocka_unit_test_teardown(says_everything_that_is_wrong, real_clock),
        cmocka_unit_test(refuses_a_clients_certificate),
        cmocka_unit_test(refuses_a_weak_key),
        cmocka_unit_test(shows_no_control_character_of_a_certificate),
        cmocka_unit_test(trusts_the_amazon_roots_only_when_there_is_no_bundle),
        cmocka_unit_test(refuses_a_bundle_without_certificates_or_with_a_damaged_one),
        cmocka_unit_test(refuses_to_meet_on_old_ciphers),
        cmocka_unit_test(tells_a_server_without_tls),
        cmocka_unit_test(cuts_a_handshake_at_its_deadline),
        cmocka_unit_test(cuts_a_read_at_its_deadline_while_bytes_drip),
        cmocka_unit_test(cuts_a_write_that_nobody_reads),
        cmocka_unit_test(tells_a_cut_stream_from_an_ended_one),
        cmocka_unit_test(reads_a_megabyte),
        cmocka_unit_test(resumes_sessions_with_the_same_host_only),
        cmocka_unit_test(resumes_sessions_with_an_address),
        cmocka_unit_test(goes_on_without_a_session_that_the_server_has_forgotten),
        cmocka_unit_test(keeps_sessions_of_several_hosts),
        cmocka_unit_test(sends_the_request_with_the_end_of_the_handshake),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

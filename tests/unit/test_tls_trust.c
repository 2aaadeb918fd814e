/* The verification of TLS servers, and the message when one is refused. The servers are of another
 * implementation, Python's ssl. */
#include "base/format.h"
#include "net/tls.h"
#include "support/tls_client.h"
#include "support/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

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

static void check_chain(const char *certificate, const char *versions, const char *host,
                        const char *expected)
{
    struct buf facts BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    uint16_t port = tls_peer_serve(certificate, versions, "facts");
    tls_client_ask(context, port, host, &facts);
    tls_client_expect(&facts, expected);
    tls_context_free(context);
}

/* --- servers that are trusted ----------------------------------------------------------------- */

static void trusts_an_ec_chain_over_tls_1_3(void **state)
{
    (void)state;
    check_chain("ec", "any", "server.test", "TLSv1.3 full server.test ");
}

static void trusts_an_rsa_chain_over_tls_1_3(void **state)
{
    (void)state;
    check_chain("rsa", "1.3", "server.test", "TLSv1.3 full server.test ");
}

static void trusts_both_over_tls_1_2(void **state)
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

static void verifies_addresses_and_does_not_send_them_as_server_name(void **state)
{
    (void)state;
    check_chain("address", "any", "127.0.0.1", "TLSv1.3 full - ");
    check_chain("address", "1.2", "::1", "TLSv1.2 full - ");
    check_chain("address", "any", "0:0::1", "TLSv1.3 full - ");
}

static void trusts_a_server_certificate_in_the_bundle(void **state)
{
    (void)state;
    struct buf pinned BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    struct buf facts BUF_AUTO = BUF(TLS_CLIENT_TEXT);
    tls_peer_file("pinned.pem", &pinned);
    struct tls_context *context = tls_client_trust(buf_str(&pinned));
    tls_client_ask(context, tls_peer_serve("pinned", "any", "facts"), "server.test", &facts);
    tls_client_refused(context, tls_peer_serve("pinned", "any", "facts"), "other.test",
                       ERROR_PERMANENT, "for other names: server.test");
    tls_client_refused(context, tls_peer_serve("ec", "any", "facts"), "server.test",
                       ERROR_PERMANENT, "\"Test root\" is not trusted");
    tls_context_free(context);
}

static void shows_the_peers_certificate(void **state)
{
    (void)state;
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    struct connection connection =
        tls_client_connect(context, tls_peer_serve("ec", "any", "facts"), "server.test");
    struct str der = tls_peer_certificate(connection.tls);
    assert_true(str_search(der, STR("other.test")) < der.length);
    tls_client_disconnect(&connection);
    tls_context_free(context);
}

/* --- servers that are refused ----------------------------------------------------------------- */

static void refuse_at(int64_t now, const char *certificate, const char *versions, const char *host,
                      enum error_kind kind, const char *words)
{
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    if (now != 0)
        set_clock(now);
    struct error error = tls_client_refused(context, tls_peer_serve(certificate, versions, "facts"),
                                            host, kind, words);
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

/* The library cannot parse such a certificate: no retry can help. */
static void names_a_critical_extension_of_an_intermediate(void **state)
{
    (void)state;
    refuse_at(0, "constrained", "1.2", "server.test", ERROR_PERMANENT,
              "such as name constraints in an intermediate certificate");
    refuse_at(0, "constrained", "1.3", "server.test", ERROR_PERMANENT,
              "such as name constraints in an intermediate certificate");
}

static void blames_a_clock_that_was_never_set(void **state)
{
    (void)state;
    refuse_at(60, "ec", "1.2", "server.test", ERROR_CLOCK,
              "this machine's clock says 1970-01-01T00:01:00Z");
    refuse_at(60, "ec", "1.3", "server.test", ERROR_CLOCK, "not valid before 20");
}

static void refuses_a_certificate_for_other_hosts_and_names_them(void **state)
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
    refuse_at(0, "common-name", "1.3", "server.test", ERROR_PERMANENT, "it names no host");
    refuse_at(0, "common-name", "1.2", "server.test", ERROR_PERMANENT, "it names no host");
}

static void refuses_an_unknown_issuer_and_names_it(void **state)
{
    (void)state;
    refuse_at(0, "forger", "1.3", "server.test", ERROR_PERMANENT, "\"Foreign root\"");
    refuse_at(0, "forger", "1.2", "server.test", ERROR_PERMANENT, "\"Foreign root\"");
    refuse_at(0, "forger-with-root", "1.3", "server.test", ERROR_PERMANENT,
              "its issuer \"Foreign root\" is not trusted");
    refuse_at(0, "pinned", "any", "server.test", ERROR_PERMANENT, "it is self-signed");
}

static void reports_all_reasons(void **state)
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
    refuse_at(0, "client", "1.3", "server.test", ERROR_PERMANENT,
              "its key usage does not permit TLS servers");
    refuse_at(0, "client", "1.2", "server.test", ERROR_PERMANENT,
              "its key usage does not permit TLS servers");
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
    struct tls_context *context = tls_client_trust(STR(""));
    tls_client_refused(context, tls_peer_serve("ec", "any", "facts"), "server.test",
                       ERROR_PERMANENT, "\"Test root\" is not trusted");
    tls_context_free(context);
}

static void refuses_a_bundle_without_certificates(void **state)
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusts_an_ec_chain_over_tls_1_3),
        cmocka_unit_test(trusts_an_rsa_chain_over_tls_1_3),
        cmocka_unit_test(trusts_both_over_tls_1_2),
        cmocka_unit_test(matches_wildcards_and_any_case),
        cmocka_unit_test(takes_another_group_when_the_server_has_no_x25519),
        cmocka_unit_test(verifies_addresses_and_does_not_send_them_as_server_name),
        cmocka_unit_test(trusts_a_server_certificate_in_the_bundle),
        cmocka_unit_test(shows_the_peers_certificate),
        cmocka_unit_test_teardown(refuses_an_expired_certificate, real_clock),
        cmocka_unit_test_teardown(refuses_a_certificate_that_is_not_valid_yet, real_clock),
        cmocka_unit_test_teardown(names_a_critical_extension_of_an_intermediate, real_clock),
        cmocka_unit_test_teardown(blames_a_clock_that_was_never_set, real_clock),
        cmocka_unit_test(refuses_a_certificate_for_other_hosts_and_names_them),
        cmocka_unit_test(refuses_an_address_that_the_certificate_does_not_name),
        cmocka_unit_test(refuses_a_certificate_with_a_common_name_only),
        cmocka_unit_test(refuses_an_unknown_issuer_and_names_it),
        cmocka_unit_test_teardown(reports_all_reasons, real_clock),
        cmocka_unit_test(refuses_a_clients_certificate),
        cmocka_unit_test(refuses_a_weak_key),
        cmocka_unit_test(shows_no_control_character_of_a_certificate),
        cmocka_unit_test(trusts_the_amazon_roots_only_when_there_is_no_bundle),
        cmocka_unit_test(refuses_a_bundle_without_certificates),
    };
    return cmocka_run_group_tests(tests, tls_client_start, tls_client_stop);
}

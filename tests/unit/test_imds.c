/* Instance metadata: what is asked in which order, and what each answer means. */
#include "aws/credentials/imds.h"

#include "base/format.h"
#include "support/captured_log.h"
#include "support/tcp_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROLES "/latest/meta-data/iam/security-credentials/"
#define REPLY(status, length, body) "HTTP/1.1 " status "\r\nContent-Length: " length "\r\n\r\n" body
#define TOKEN REPLY("200 OK", "5", "tok==")
#define ROLE REPLY("200 OK", "3", "box")
#define KEYS                                                                                       \
    REPLY("200 OK", "110",                                                                         \
          "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s\","             \
          "\"Token\":\"t\",\"Expiration\":\"2015-08-30T12:36:00Z\"}")

/* What the service answers, in turn. Each request must contain the words. NULL ends the list. */
struct answer {
    const char *words, *reply;
};
static const struct answer *script;
static struct aws_session session;

static void play(int listener)
{
    int socket = tcp_accept(listener);
    for (const struct answer *each = script; each->words != NULL; each++) {
        tcp_expect(socket, each->words);
        tcp_say(socket, each->reply);
    }
    tcp_wait_for_end(socket);
}

/* Asks a service with that script. */
static bool obtain(const struct answer *answers, bool version_1, struct credentials *credentials,
                   struct error *error)
{
    struct tcp_peer peer;
    struct aws_client client;
    struct credential_plan plan = {.source = SOURCE_IMDS, .name = "metadata", .imds_v1 = version_1};
    script = answers;
    tcp_peer_start(&peer, play);
    plan.url = (struct url){.host = "127.0.0.1", .port = peer.port, .path = "/"};
    assert_true(metadata_prepare(&client, &plan.url, "http://127.0.0.1:1", error));
    client.session = &session;
    assert_true(resolve("127.0.0.1", NAME_OF_SITE, &client.addresses, error));
    bool done = imds_obtain(&client, &plan, credentials, error);
    aws_client_close(&client);
    tcp_peer_finish(&peer);
    return done;
}

static void assert_obtained(const struct answer *answers, bool version_1)
{
    CREDENTIALS_AUTO struct credentials credentials = {0};
    struct error error = error_none();
    if (!obtain(answers, version_1, &credentials, &error))
        fail_msg("%s", error.message);
    assert_string_equal(buf_text(&credentials.access_key_id), "ASIA1");
    assert_string_equal(credentials.source, "metadata (role box)");
    assert_int_equal(credentials.expiration, 1440938160);
}

static void assert_refused(const struct answer *answers, enum error_kind kind, const char *message,
                           const char *advice)
{
    CREDENTIALS_AUTO struct credentials credentials = {0};
    struct error error = error_none();
    assert_false(obtain(answers, false, &credentials, &error));
    assert_int_equal(error.kind, kind);
    if (strstr(error.message, message) == NULL || strstr(error.advice, advice) == NULL)
        fail_msg("%s; %s", error.message, error.advice);
}

static void a_token_the_role_and_its_credentials_are_asked_for(void **state)
{
    (void)state;
    const struct answer answers[] = {
        {"PUT /latest/api/token HTTP/1.1\r\nHost: 127.0.0.1", TOKEN},
        {"GET " ROLES " HTTP/1.1\r\n", ROLE},
        {"GET " ROLES "box HTTP/1.1\r\n", KEYS},
        {0},
    };
    assert_obtained(answers, false);
    const struct answer headers[] = {
        {"\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", TOKEN},
        {"\r\nX-aws-ec2-metadata-token: tok==\r\n", ROLE},
        {"\r\nX-aws-ec2-metadata-token: tok==\r\n", KEYS},
        {0},
    };
    assert_obtained(headers, true);
}

static void version_1_is_used_only_when_it_is_allowed(void **state)
{
    (void)state;
    const struct answer answers[] = {
        {"PUT ", REPLY("403 Forbidden", "0", "")},
        {"GET " ROLES " HTTP/1.1\r\nHost: 127.0.0.1", ROLE},
        {"GET ", KEYS},
        {0},
    };
    const struct answer first[] = {answers[0], {0}};
    assert_obtained(answers, true);
    assert_refused(first, ERROR_DENIED, "HTTP 403", "imds_v1 = true");
}

static void a_busy_service_is_asked_again(void **state)
{
    (void)state;
    const struct answer answers[] = {
        {"PUT ", REPLY("503 Busy", "0", "")},
        {"PUT ", TOKEN},
        {"GET ", REPLY("500 No", "0", "")},
        {"GET ", REPLY("429 Slow", "0", "")},
        {"GET ", ROLE},
        {"GET ", KEYS},
        {0},
    };
    assert_obtained(answers, false);
}

static void an_instance_without_a_profile_is_told(void **state)
{
    (void)state;
    const struct answer answers[] = {
        {"PUT ", TOKEN}, {"GET ", REPLY("404 Not Found", "0", "")}, {0}};
    const struct answer empty[] = {{"PUT ", TOKEN}, {"GET ", REPLY("200 OK", "1", "\n")}, {0}};
    assert_refused(answers, ERROR_TRANSIENT, "no instance profile", "attach an instance profile");
    assert_refused(empty, ERROR_TRANSIENT, "no instance profile", "attach an instance profile");
}

/* A role that was attached a moment ago, or at boot, has its credentials soon. */
static void what_the_service_says_is_told(void **state)
{
    (void)state;
    const struct answer code[] = {
        {"PUT ", TOKEN},
        {"GET ", ROLE},
        {"GET ", REPLY("200 OK", "59",
                       "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"not now\"}")},
        {0}};
    const struct answer gone[] = {
        {"PUT ", TOKEN}, {"GET ", ROLE}, {"GET ", REPLY("404 Not Found", "0", "")}, {0}};
    assert_refused(code, ERROR_TRANSIENT, "AssumeRoleUnauthorizedAccess: not now", "role box");
    assert_refused(gone, ERROR_TRANSIENT, "HTTP 404", "attach an instance profile");
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    const struct answer put[] = {
        {"PUT ", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n"},
        {0}};
    assert_refused(put, ERROR_PERMANENT, "redirects (HTTP 302)", "what answers");
}

static void texts_that_cannot_be_right_are_refused(void **state)
{
    (void)state;
    const struct answer token[] = {{"PUT ", REPLY("200 OK", "7", "a\r\nB: c")}, {0}};
    const struct answer none[] = {{"PUT ", REPLY("200 OK", "0", "")}, {0}};
    const struct answer role[] = {{"PUT ", TOKEN}, {"GET ", REPLY("200 OK", "6", "../x y")}, {0}};
    const struct answer body[] = {
        {"PUT ", TOKEN}, {"GET ", ROLE}, {"GET ", REPLY("200 OK", "2", "{]")}, {0}};
    assert_refused(token, ERROR_PERMANENT, "as a token is none", "");
    assert_refused(none, ERROR_PERMANENT, "as a token is none", "");
    assert_refused(role, ERROR_PERMANENT, "as the name of a role is none", "");
    assert_refused(body, ERROR_TRANSIENT, "its reply is not JSON", "role box");
}

/* It answers nothing, on three connections. */
static void hang(int listener)
{
    for (int i = 0; i < 3; i++) {
        int socket = tcp_accept(listener);
        tcp_expect(socket, "PUT ");
        tcp_wait_for_end(socket);
        close(socket);
    }
}

static void a_silent_service_is_explained(void **state)
{
    (void)state;
    CREDENTIALS_AUTO struct credentials credentials = {0};
    struct tcp_peer peer;
    struct aws_client client;
    struct credential_plan plan = {.source = SOURCE_IMDS, .name = "metadata"};
    struct error error = error_none();
    setenv("WCP_TEST_HURRY", "10", 1);
    tcp_peer_start(&peer, hang);
    plan.url = (struct url){.host = "127.0.0.1", .port = peer.port, .path = "/"};
    assert_true(metadata_prepare(&client, &plan.url, NULL, &error));
    client.session = &session;
    assert_true(resolve("127.0.0.1", NAME_OF_SITE, &client.addresses, &error));
    assert_false(imds_obtain(&client, &plan, &credentials, &error));
    unsetenv("WCP_TEST_HURRY");
    aws_client_close(&client);
    tcp_peer_finish(&peer);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.advice, "hop limit to 2"));
    assert_non_null(strstr(error.advice, "\"imds\""));
}

static void only_names_behind_https_have_a_proxy(void **state)
{
    (void)state;
    static const struct {
        struct url url;
        bool proxy;
    } cases[] = {
        {{.host = "169.254.169.254", .port = 80}, false},
        {{.host = "metadata.example", .port = 80}, false},
        {{.tls = true, .host = "169.254.170.23", .port = 443}, false},
        {{.tls = true, .host = "fd00:ec2::23", .port = 443}, false},
        {{.tls = true, .host = "localhost", .port = 443}, false},
        {{.tls = true, .host = "credentials.example", .port = 443}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct aws_client client;
        struct error error = error_none();
        assert_true(metadata_prepare(&client, &cases[i].url, "http://proxy:3128", &error));
        assert_int_equal(client.proxy.present, cases[i].proxy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_the_role_and_its_credentials_are_asked_for),
        cmocka_unit_test(version_1_is_used_only_when_it_is_allowed),
        cmocka_unit_test(a_busy_service_is_asked_again),
        cmocka_unit_test(an_instance_without_a_profile_is_told),
        cmocka_unit_test(what_the_service_says_is_told),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(texts_that_cannot_be_right_are_refused),
        cmocka_unit_test(a_silent_service_is_explained),
        cmocka_unit_test(only_names_behind_https_have_a_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

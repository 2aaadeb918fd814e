/* Requests to IAM Roles Anywhere, and replies to CreateSession. */
#include "aws/credentials/roles_anywhere.h"

#include "aws/sigv4.h"
#include "base/format.h"
#include "crypto/crypto.h"
#include "pki/private_key.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROLE "arn:aws:iam::123456789012:role/box"
#define REPLY(values) "{\"credentialSet\":[{\"credentials\":{" values "}}],\"subjectArn\":\"x\"}"
#define KEYS "\"accessKeyId\":\"ASIA1\",\"secretAccessKey\":\"s\\/+=\",\"sessionToken\":\"t==\""

static int start_crypto(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

static void a_reply_is_read(void **state)
{
    (void)state;
    CREDENTIALS_AUTO struct credentials session = {0};
    struct error error = {0};
    struct str body = STR(REPLY(KEYS ",\"expiration\":\"2015-08-30T12:36:00Z\""));
    if (!roles_anywhere_read_reply(body, ROLE, &session, &error))
        fail_msg("%s", error.message);
    assert_same_text(buf_str(&session.access_key_id), STR("ASIA1"));
    assert_same_text(buf_str(&session.secret_access_key), STR("s/+="));
    assert_same_text(buf_str(&session.session_token), STR("t=="));
    assert_int_equal(session.expiration, 1440938160);
    assert_string_equal(session.source, "IAM Roles Anywhere, role " ROLE);
}

static void a_reply_without_a_value_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "[]",
        "{}",
        "{\"credentialSet\":{}}",
        "{\"credentialSet\":[]}",
        "{\"credentialSet\":[17]}",
        REPLY(""),
        REPLY(KEYS),
        REPLY(KEYS ",\"expiration\":1440938160"),
        REPLY(KEYS ",\"expiration\":\"soon\""),
        REPLY("\"accessKeyId\":\"ASIA1\",\"secretAccessKey\":\"s\",\"sessionToken\":\"\","
              "\"expiration\":\"2015-08-30T12:36:00Z\""),
        REPLY("\"accessKeyId\":\"ASIA1\",\"secretAccessKey\":\"s\\r\\n\",\"sessionToken\":\"t\","
              "\"expiration\":\"2015-08-30T12:36:00Z\""),
        "",
        "<html>",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        CREDENTIALS_AUTO struct credentials session = {0};
        struct error error = {0};
        if (roles_anywhere_read_reply(str_from(bodies[i]), ROLE, &session, &error))
            fail_msg("taken: %s", bodies[i]);
        assert_int_equal(error.kind, ERROR_TRANSIENT);
        assert_true(error.message[0] != '\0');
    }
}

static struct url url_with(const char *variable, const char *value)
{
    static char anchor[] = "arn:aws-us-gov:rolesanywhere:us-gov-west-1:123456789012:trust-anchor/1";
    const struct roles_anywhere_config config = {.trust_anchor_arn = anchor};
    AWS_SETTINGS_AUTO struct aws_settings settings = {0};
    struct aws_client client = {0};
    struct error error = {0};
    setenv(variable, value, 1);
    const struct profile no_profile = {0};
    const struct shared_file no_file = {0};
    bool done = aws_settings_load(&no_profile, &no_file, &settings, &error) &&
                roles_anywhere_prepare(&config, &settings, NULL, &client, &error);
    unsetenv(variable);
    if (!done)
        fail_msg("%s", error.message);
    assert_string_equal(client.region, "us-gov-west-1");
    return client.url;
}

static void the_endpoint_is_in_the_region_of_the_trust_anchor(void **state)
{
    (void)state;
    struct url url = url_with("AWS_USE_FIPS_ENDPOINT", "false");
    assert_string_equal(url.host, "rolesanywhere.us-gov-west-1.amazonaws.com");
    assert_string_equal(url.path, "/sessions");
    url = url_with("AWS_USE_FIPS_ENDPOINT", "true");
    assert_string_equal(url.host, "rolesanywhere-fips.us-gov-west-1.amazonaws.com");
    url = url_with("AWS_USE_DUALSTACK_ENDPOINT", "true");
    assert_string_equal(url.host, "rolesanywhere.us-gov-west-1.api.aws");
    url = url_with("AWS_ENDPOINT_URL_ROLESANYWHERE", "http://localhost:8080/aws/");
    assert_string_equal(url.path, "/aws/sessions");
}

/* The text that is signed has the name of the algorithm; the serial number stands for the access
 * key id. */
static void assert_signed_as(const char *key, const char *certificate, const char *algorithm)
{
    BUF_AUTO struct buf key_pem = data_file(key);
    BUF_AUTO struct buf pem = data_file(certificate);
    BUF_AUTO struct buf text = BUF(4096);
    BUF_AUTO struct buf authorization = BUF(4096);
    BUF_AUTO struct buf expected = BUF(4096);
    IDENTITY_AUTO struct identity identity = {.key = BUF_SECRET(4096)};
    struct error error = {0};
    assert_true(private_key_read(buf_str(&key_pem), "/key", STR(""), &identity.key, &error) &&
                identity_read(buf_str(&pem), "/certificate", 1750000000, &identity, &error));
    const struct sigv4_header headers[] = {{STR("Host"), STR("x")},
                                           {STR("X-Amz-X509"), buf_str(&identity.leaf)}};
    const struct sigv4_request request = {
        .method = STR("POST"), .path = STR("/sessions"), .headers = headers, .header_count = 2};
    const struct sigv4_scope scope = {.identity = &identity,
                                      .region = STR("eu-central-1"),
                                      .service = STR("rolesanywhere"),
                                      .time = 1440938160};
    assert_true(sigv4_string_to_sign(&scope, STR(""), &text));
    buf_format(&expected,
               "%s\n20150830T123600Z\n20150830/eu-central-1/rolesanywhere/aws4_request\n"
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
               algorithm);
    assert_string_equal(buf_text(&text), buf_text(&expected));
    assert_true(sigv4_authorization(&request, &scope, &authorization));
    buf_clear(&expected);
    buf_format(&expected,
               "%s Credential=%s/20150830/eu-central-1/rolesanywhere/aws4_request, "
               "SignedHeaders=host;x-amz-x509, Signature=",
               algorithm, identity.serial);
    assert_true(str_starts_with(buf_str(&authorization), buf_str(&expected)));
}

static void a_request_is_signed_by_the_kind_of_its_key(void **state)
{
    (void)state;
    assert_signed_as("keys/rsa2048.pem", "certificates/rsa2048.pem", "AWS4-X509-RSA-SHA256");
    assert_signed_as("keys/p521.pem", "certificates/p521.pem", "AWS4-X509-ECDSA-SHA256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_read),
        cmocka_unit_test(a_reply_without_a_value_is_refused),
        cmocka_unit_test(the_endpoint_is_in_the_region_of_the_trust_anchor),
        cmocka_unit_test(a_request_is_signed_by_the_kind_of_its_key),
    };
    return cmocka_run_group_tests(tests, start_crypto, NULL);
}

/* Replies to AssumeRole. */
#include "aws/sts.h"
#include "base/format.h"

#include "base/limits.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROLE "arn:aws:iam::123456789012:role/box"

#define JSON(values)                                                                               \
    "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{\"Credentials\":{" values "}}}}"
#define XML(values)                                                                                \
    "<AssumeRoleResponse "                                                                         \
    "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n<AssumeRoleResult>\n"                   \
    "<AssumedRoleUser><Arn>x</Arn></AssumedRoleUser><Credentials>\n" values                        \
    "\n</Credentials></AssumeRoleResult>\n"                                                        \
    "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"

static void assert_read(const char *body, const char *token, int64_t expiration)
{
    CREDENTIALS_AUTO struct credentials session = {0};
    struct error error = {0};
    if (!sts_read_reply(str_from(body), "AssumeRole", ROLE, &session, &error))
        fail_msg("%s: %s", body, error.message);
    assert_same_text(buf_str(&session.access_key_id), STR("ASIA1"));
    assert_same_text(buf_str(&session.secret_access_key), STR("s/+="));
    assert_same_text(buf_str(&session.session_token), str_from(token));
    assert_int_equal(session.expiration, expiration);
    assert_string_equal(session.source, "role " ROLE);
}

static void assert_refused(struct str body, const char *why)
{
    CREDENTIALS_AUTO struct credentials session = {0};
    struct error error = {0};
    if (sts_read_reply(body, "AssumeRole", ROLE, &session, &error))
        fail_msg("taken: %.*s", (int)body.length, body.data);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void a_json_reply_is_read(void **state)
{
    (void)state;
    assert_read(
        JSON("\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s\\/+=\",\"SessionToken\":\"t==\","
             "\"Expiration\":1440938160"),
        "t==", 1440938160);
}

static void an_expiration_may_be_a_float(void **state)
{
    (void)state;
    static const char *const numbers[] = {"1.44093816E9", "1440938160.0", "1440938160.999"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        BUF_AUTO struct buf body = BUF(1024);
        buf_format(
            &body,
            JSON("\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s/+=\",\"SessionToken\":\"t\","
                 "\"Expiration\":%s"),
            numbers[i]);
        assert_read(buf_text(&body), "t", 1440938160);
    }
}

static void an_xml_reply_is_read(void **state)
{
    (void)state;
    assert_read(
        XML("<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/&#43;=</SecretAccessKey>"
            "<SessionToken>t==</SessionToken><Expiration>2015-08-30T12:36:00Z</Expiration>"),
        "t==", 1440938160);
    assert_read(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" XML(
            "<Expiration> 2015-08-30T12:36:00.000Z\n</Expiration><SessionToken>t</SessionToken>"
            "<SecretAccessKey>s/+=</SecretAccessKey><AccessKeyId>ASIA1</AccessKeyId>"),
        "t", 1440938160);
}

static void every_value_is_needed_in_json(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "{}",
        "null",
        "[]",
        "{\"AssumeRoleResponse\":{}}",
        "{\"AssumeRoleResponse\":{\"AssumeRoleResult\":null}}",
        JSON(""),
        JSON("\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":1"),
        JSON("\"AccessKeyId\":\"i\",\"SessionToken\":\"t\",\"Expiration\":1"),
        JSON("\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\",\"Expiration\":1"),
        JSON("\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\""),
        JSON("\"AccessKeyId\":1,\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\"Expiration\":1"),
        JSON("\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\",\"SessionToken\":null,\"Expiration\":"
             "1"),
        JSON("\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\","
             "\"Expiration\":\"1\""),
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_refused(str_from(bodies[i]), "the reply to AssumeRole lacks");
}

static void every_value_is_needed_in_xml(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "<AssumeRoleResponse/>",
        XML(""),
        XML("<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            "<Expiration>2015-08-30T12:36:00Z</Expiration>"),
        XML("<AccessKeyId>i</AccessKeyId><SessionToken>t</SessionToken>"
            "<Expiration>2015-08-30T12:36:00Z</Expiration>"),
        XML("<AccessKeyId>i</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            "<Expiration>2015-08-30T12:36:00Z</Expiration>"),
        XML("<AccessKeyId>i</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            "<SessionToken>t</SessionToken>"),
        XML("<AccessKeyId>i</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            "<SessionToken>t</SessionToken><Expiration>tomorrow</Expiration>"),
        XML("<AccessKeyId>i</AccessKeyId><SecretAccessKey><x/></SecretAccessKey>"
            "<SessionToken>t</SessionToken><Expiration>2015-08-30T12:36:00Z</Expiration>"),
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_refused(str_from(bodies[i]), "the reply to AssumeRole lacks");
}

static void values_that_cannot_be_credentials_are_refused(void **state)
{
    (void)state;
    assert_refused(STR(JSON("\"AccessKeyId\":\"\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\","
                            "\"Expiration\":1")),
                   "no access key id");
    assert_refused(STR(JSON("\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"\","
                            "\"Expiration\":1")),
                   "no session token");
    assert_refused(STR(JSON("\"AccessKeyId\":\"i\\r\\nX: y\",\"SecretAccessKey\":\"s\","
                            "\"SessionToken\":\"t\",\"Expiration\":1")),
                   "another character that no key has");
    assert_refused(STR(XML("<AccessKeyId>i</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                           "<SessionToken>t&#10;</SessionToken>"
                           "<Expiration>2015-08-30T12:36:00Z</Expiration>")),
                   "another character that no key has");
}

/* A reply with a token of that length, as JSON or XML. */
static struct buf with_token(bool xml, size_t length)
{
    struct buf body = BUF(LIMIT_STS_BODY);
    const struct str template[] = {
        STR(JSON("\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s/+=\",\"SessionToken\":\"@\","
                 "\"Expiration\":1440938160")),
        STR(XML("<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey>"
                "<SessionToken>@</SessionToken><Expiration>2015-08-30T12:36:00Z</Expiration>"))};
    size_t place = str_index_of(template[xml], '@');
    buf_append(&body, str_take(template[xml], place));
    for (size_t i = 0; i < length; i++)
        buf_append_byte(&body, 'T');
    buf_append(&body, str_skip(template[xml], place + 1));
    assert_non_null(buf_text(&body));
    return body;
}

static void a_token_may_be_tens_of_kilobytes(void **state)
{
    (void)state;
    for (int xml = 0; xml < 2; xml++) {
        CREDENTIALS_AUTO struct credentials session = {0};
        struct error error = {0};
        BUF_AUTO struct buf body = with_token(xml != 0, LIMIT_CREDENTIAL_VALUE);
        assert_true(sts_read_reply(buf_str(&body), "AssumeRole", ROLE, &session, &error));
        assert_int_equal(session.session_token.length, LIMIT_CREDENTIAL_VALUE);
        BUF_AUTO struct buf longer = with_token(xml != 0, LIMIT_CREDENTIAL_VALUE + 1);
        assert_refused(buf_str(&longer), "longer than 65536 bytes");
    }
}

static void every_cut_reply_is_refused(void **state)
{
    (void)state;
    for (int xml = 0; xml < 2; xml++) {
        BUF_AUTO struct buf body = with_token(xml != 0, 8);
        for (size_t length = 0; length < body.length; length++)
            assert_refused(str_take(buf_str(&body), length),
                           xml || length == 0 ? "the reply to AssumeRole lacks"
                                              : "the reply to AssumeRole is not JSON");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_reply_is_read),
        cmocka_unit_test(an_expiration_may_be_a_float),
        cmocka_unit_test(an_xml_reply_is_read),
        cmocka_unit_test(every_value_is_needed_in_json),
        cmocka_unit_test(every_value_is_needed_in_xml),
        cmocka_unit_test(values_that_cannot_be_credentials_are_refused),
        cmocka_unit_test(a_token_may_be_tens_of_kilobytes),
        cmocka_unit_test(every_cut_reply_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

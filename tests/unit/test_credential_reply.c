/* Credentials as JSON, of metadata endpoints and of a credential_process. */
#include "aws/credentials/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define KEYS "\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s/+=\""

static void assert_read(const char *body, enum credential_reply form, const char *token,
                        int64_t expiration)
{
    CREDENTIALS_AUTO struct credentials credentials = {0};
    struct error error = error_none();
    if (!credential_reply_read(str_from(body), form, "the reply", &credentials, &error))
        fail_msg("%s: %s", body, error.message);
    assert_string_equal(buf_text(&credentials.access_key_id), "ASIA1");
    assert_string_equal(buf_text(&credentials.secret_access_key), "s/+=");
    assert_string_equal(buf_text(&credentials.session_token), token);
    assert_int_equal(credentials.expiration, expiration);
    assert_true(credentials.secret_access_key.secret);
}

static void assert_refused(const char *body, enum credential_reply form, const char *message)
{
    CREDENTIALS_AUTO struct credentials credentials = {0};
    struct error error = error_none();
    if (credential_reply_read(str_from(body), form, "the reply", &credentials, &error))
        fail_msg("taken: %s", body);
    if (strstr(error.message, message) == NULL)
        fail_msg("%s: %s", body, error.message);
    assert_null(strstr(error.message, "s/+="));
}

static void replies_of_endpoints_are_read(void **state)
{
    (void)state;
    assert_read("{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\"," KEYS ",\"Token\":\"t==\","
                "\"Expiration\":\"2015-08-30T12:36:00Z\",\"LastUpdated\":\"x\"}",
                REPLY_OF_ENDPOINT, "t==", 1440938160);
    assert_read("{\"RoleArn\":\"r\"," KEYS ",\"Token\":\"t\","
                "\"Expiration\":\"2015-08-30T14:36:00.5+02:00\"}",
                REPLY_OF_ENDPOINT, "t", 1440938160);
}

static void output_of_a_process_is_read(void **state)
{
    (void)state;
    assert_read("{\"Version\":1," KEYS ",\"SessionToken\":\"t==\","
                "\"Expiration\":\"2015-08-30T12:36:00Z\"}\n",
                REPLY_OF_PROCESS, "t==", 1440938160);
    assert_read(" {\"Version\":1," KEYS ",\"SessionToken\":\"t\"}", REPLY_OF_PROCESS, "t", 0);
}

/* Programs that write a structure of theirs write null for what is absent. */
static void null_is_as_good_as_absent(void **state)
{
    (void)state;
    CREDENTIALS_AUTO struct credentials credentials = {0};
    struct error error = error_none();
    const char body[] = "{\"Version\":1,\"AccessKeyId\":\"AKIA1\",\"SecretAccessKey\":\"s\","
                        "\"SessionToken\":null,\"Expiration\":null}";
    if (!credential_reply_read(str_from(body), REPLY_OF_PROCESS, "the reply", &credentials, &error))
        fail_msg("%s", error.message);
    assert_string_equal(buf_text(&credentials.session_token), "");
    assert_int_equal(credentials.expiration, 0);
}

static void every_form_has_its_own_token(void **state)
{
    (void)state;
    assert_refused("{\"Version\":1," KEYS ",\"Token\":7,\"SessionToken\":7}", REPLY_OF_PROCESS,
                   "a session token that is no text");
    assert_refused("{" KEYS ",\"Token\":7,\"SessionToken\":\"t\"}", REPLY_OF_ENDPOINT,
                   "a session token that is no text");
}

static void values_that_are_missing_are_named(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}",
                                         "[]",
                                         "null",
                                         "{\"AccessKeyId\":\"i\"}",
                                         "{\"AccessKeyId\":\"i\",\"SecretAccessKey\":null}",
                                         "{\"AccessKeyId\":1,\"SecretAccessKey\":\"s/+=\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_refused(bodies[i], REPLY_OF_ENDPOINT, "no AccessKeyId or no SecretAccessKey");
    assert_refused("", REPLY_OF_ENDPOINT, "the reply is not JSON");
    assert_refused("<html>", REPLY_OF_ENDPOINT, "the reply is not JSON");
    assert_refused("{" KEYS, REPLY_OF_ENDPOINT, "the reply is not JSON");
}

static void the_version_of_a_process_must_be_1(void **state)
{
    (void)state;
    static const char *const versions[] = {"", "\"Version\":2,", "\"Version\":\"1\","};
    for (size_t i = 0; i < 3; i++) {
        char body[128] = "{";
        strcat(strcat(strcat(body, versions[i]), KEYS), "}");
        assert_refused(body, REPLY_OF_PROCESS, "has no \"Version\": 1");
    }
}

static void a_code_says_why_there_are_none(void **state)
{
    (void)state;
    assert_refused(
        "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot\\nassume\"}",
        REPLY_OF_ENDPOINT, "AssumeRoleUnauthorizedAccess: EC2 cannot?assume");
    assert_refused("{\"Code\":\"Failed\"," KEYS "}", REPLY_OF_ENDPOINT, "Failed");
}

static void values_that_cannot_be_right_are_refused(void **state)
{
    (void)state;
    assert_refused("{" KEYS ",\"Expiration\":\"tomorrow\"}", REPLY_OF_ENDPOINT,
                   "an Expiration that is no time");
    assert_refused("{" KEYS ",\"Expiration\":17}", REPLY_OF_ENDPOINT,
                   "an Expiration that is no time");
    assert_refused("{" KEYS ",\"Token\":\"t\\r\\nX-Evil: 1\"}", REPLY_OF_ENDPOINT,
                   "another character that no key has");
    assert_refused("{\"AccessKeyId\":\"\",\"SecretAccessKey\":\"s/+=\"}", REPLY_OF_ENDPOINT,
                   "no access key id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_of_endpoints_are_read),
        cmocka_unit_test(output_of_a_process_is_read),
        cmocka_unit_test(null_is_as_good_as_absent),
        cmocka_unit_test(every_form_has_its_own_token),
        cmocka_unit_test(values_that_are_missing_are_named),
        cmocka_unit_test(the_version_of_a_process_must_be_1),
        cmocka_unit_test(a_code_says_why_there_are_none),
        cmocka_unit_test(values_that_cannot_be_right_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

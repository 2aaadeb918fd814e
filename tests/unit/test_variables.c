/* The sources of credentials that variables of the environment name. */
#include "aws/credentials/variables.h"

#include "support/aws_home.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct profile profile;

static enum finding look(enum credential_place place, struct credential_plan *plan,
                         struct error *error)
{
    const struct config config = {.imds_v1 = true};
    *plan = (struct credential_plan){0};
    *error = error_none();
    return variables_find(place, &config, &profile, plan, error);
}

static struct credential_plan plan_of(enum credential_place place)
{
    struct credential_plan plan;
    struct error error;
    if (look(place, &plan, &error) != FOUND_PLAN)
        fail_msg("%s", error.message);
    return plan;
}

static void assert_wrong(enum credential_place place, const char *why)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    struct error error;
    assert_int_equal(look(place, &plan, &error), FOUND_ERROR);
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    assert_null(strstr(error.message, "hush"));
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void assert_lacks(enum credential_place place, const char *what)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    struct error error;
    assert_int_equal(look(place, &plan, &error), FOUND_NOTHING);
    assert_int_equal(error.kind, ERROR_NONE);
    assert_string_equal(error.message, what);
}

#define ROLE "arn:aws:iam::123456789012:role/box"

/* Writes a token file and names it in `variable`. */
static void write_token(void **state, const char *variable, struct str text)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "token", path), text, 0600);
    setenv(variable, path, 1);
}

/* --- web identity --- */

static void a_web_identity_has_a_token_and_a_role(void **state)
{
    assert_lacks(PLACE_WEB_IDENTITY, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    write_token(state, "AWS_WEB_IDENTITY_TOKEN_FILE", STR("  ey.hush.x\r\n"));
    assert_wrong(PLACE_WEB_IDENTITY, "AWS_ROLE_ARN is not set, but AWS_WEB_IDENTITY_TOKEN_FILE is");
    setenv("AWS_ROLE_ARN", ROLE, 1);
    CREDENTIAL_PLAN_AUTO struct credential_plan plan = plan_of(PLACE_WEB_IDENTITY);
    assert_int_equal(plan.source, SOURCE_WEB_IDENTITY);
    assert_string_equal(plan.web_identity.role_arn, ROLE);
    assert_null(plan.web_identity.session_name);
    assert_same_text(buf_str(&plan.token), STR("ey.hush.x"));
    assert_int_equal(plan.file_count, 1);
    setenv("AWS_ROLE_SESSION_NAME", "box-7", 1);
    CREDENTIAL_PLAN_AUTO struct credential_plan named = plan_of(PLACE_WEB_IDENTITY);
    assert_string_equal(named.web_identity.session_name, "box-7");
}

static void what_is_wrong_with_a_web_identity_is_said(void **state)
{
    setenv("AWS_ROLE_ARN", ROLE, 1);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token", 1);
    assert_wrong(PLACE_WEB_IDENTITY, "/nonexistent/token");
    write_token(state, "AWS_WEB_IDENTITY_TOKEN_FILE", STR("\n"));
    assert_wrong(PLACE_WEB_IDENTITY, "there is no token in /tmp/");
    write_token(state, "AWS_WEB_IDENTITY_TOKEN_FILE", STR("hush\r\nX: y"));
    assert_wrong(PLACE_WEB_IDENTITY, "has a line break or a character that is not ASCII");
    write_token(state, "AWS_WEB_IDENTITY_TOKEN_FILE", STR("hush\0x"));
    assert_wrong(PLACE_WEB_IDENTITY, "has a line break or a character that is not ASCII");
    write_token(state, "AWS_WEB_IDENTITY_TOKEN_FILE", STR("\xef\xbb\xbfhush"));
    assert_wrong(PLACE_WEB_IDENTITY, "a character that is not ASCII");
    BUF_AUTO struct buf huge = BUF(LIMIT_CREDENTIAL_VALUE + 1);
    while (huge.length <= LIMIT_CREDENTIAL_VALUE)
        buf_append_byte(&huge, 'x');
    write_token(state, "AWS_WEB_IDENTITY_TOKEN_FILE", buf_str(&huge));
    assert_wrong(PLACE_WEB_IDENTITY, "is larger than");
    setenv("AWS_ROLE_ARN", "role/x", 1);
    assert_wrong(PLACE_WEB_IDENTITY, "AWS_ROLE_ARN is not the ARN of an IAM role");
    setenv("AWS_ROLE_ARN", ROLE, 1);
    setenv("AWS_ROLE_SESSION_NAME", "a b", 1);
    assert_wrong(PLACE_WEB_IDENTITY, "AWS_ROLE_SESSION_NAME must be 2 to 64");
}

/* --- container --- */

static void assert_container(const char *relative, const char *full, const char *host,
                             const char *path, bool tls)
{
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", relative, 1);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", full, 1);
    CREDENTIAL_PLAN_AUTO struct credential_plan plan = plan_of(PLACE_CONTAINER);
    assert_int_equal(plan.source, SOURCE_CONTAINER);
    assert_string_equal(plan.url.host, host);
    assert_string_equal(plan.url.path, path);
    assert_int_equal(plan.url.tls, tls);
}

static void a_container_is_asked_at_its_own_address_or_over_tls(void **state)
{
    (void)state;
    assert_lacks(PLACE_CONTAINER, "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set");
    assert_container("/v2/x", "", "169.254.170.2", "/v2/x", false);
    assert_container("v2/x", "https://other/", "169.254.170.2", "/v2/x", false);
    assert_container("", "https://example.com/x", "example.com", "/x", true);
    assert_container("", "http://localhost:8080/x", "localhost", "/x", false);
    assert_container("", "http://127.9.8.7/x", "127.9.8.7", "/x", false);
    assert_container("", "http://[::1]/x", "::1", "/x", false);
    assert_container("", "http://169.254.170.23/v1/credentials", "169.254.170.23",
                     "/v1/credentials", false);
    assert_container("", "http://[fd00:ec2::23]/v1/credentials", "fd00:ec2::23", "/v1/credentials",
                     false);
}

static void other_hosts_are_refused_without_tls(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://example.com/", "http://169.254.169.254/",
                                       "http://169.254.170.2.example.com/", "http://10.0.0.1/",
                                       "http://[fd00:ec2::254]/"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", urls[i], 1);
        assert_wrong(PLACE_CONTAINER, "AWS_CONTAINER_CREDENTIALS_FULL_URI is plain http");
    }
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "ftp://x/", 1);
    assert_wrong(PLACE_CONTAINER, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/a\nX: y", 1);
    assert_wrong(PLACE_CONTAINER, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
}

static void the_token_of_the_file_counts_more(void **state)
{
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/", 1);
    CREDENTIAL_PLAN_AUTO struct credential_plan none = plan_of(PLACE_CONTAINER);
    assert_int_equal(none.token.length, 0);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic hush==\n", 1);
    CREDENTIAL_PLAN_AUTO struct credential_plan direct = plan_of(PLACE_CONTAINER);
    assert_same_text(buf_str(&direct.token), STR("Basic hush=="));
    write_token(state, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", STR("of file\n"));
    CREDENTIAL_PLAN_AUTO struct credential_plan filed = plan_of(PLACE_CONTAINER);
    assert_same_text(buf_str(&filed.token), STR("of file"));
    unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hush\r\nX-Header: y", 1);
    assert_wrong(PLACE_CONTAINER,
                 "the token in AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break");
}

/* --- instance metadata --- */

static void assert_imds(const char *host, uint16_t port, bool version_1)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan = plan_of(PLACE_IMDS);
    assert_int_equal(plan.source, SOURCE_IMDS);
    assert_string_equal(plan.url.host, host);
    assert_int_equal(plan.url.port, port);
    assert_int_equal(plan.imds_v1, version_1);
}

static void set_key(enum profile_key key, const char *text)
{
    profile.values[key].text = str_from(text);
    profile.values[key].place.path = "config";
}

static void instance_metadata_has_an_address(void **state)
{
    (void)state;
    profile = (struct profile){0};
    unsetenv("AWS_EC2_METADATA_DISABLED");
    assert_imds("169.254.169.254", 80, true);
    set_key(KEY_IMDS_ENDPOINT_MODE, "ipv6");
    assert_imds("fd00:ec2::254", 80, true);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv4", 1);
    assert_imds("169.254.169.254", 80, true);
    set_key(KEY_IMDS_ENDPOINT, "http://10.0.0.1:81");
    assert_imds("10.0.0.1", 81, true);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://10.0.0.2:82/", 1);
    set_key(KEY_IMDS_V1_DISABLED, "true");
    assert_imds("10.0.0.2", 82, false);
    setenv("AWS_EC2_METADATA_V1_DISABLED", "false", 1);
    assert_imds("10.0.0.2", 82, true);
}

static void instance_metadata_can_be_disabled_or_wrong(void **state)
{
    (void)state;
    profile = (struct profile){0};
    unsetenv("AWS_EC2_METADATA_DISABLED");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5", 1);
    assert_wrong(PLACE_IMDS, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be \"IPv4\" or");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "10.0.0.1", 1);
    unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    assert_wrong(PLACE_IMDS, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    setenv("AWS_EC2_METADATA_DISABLED", "yes", 1);
    assert_wrong(PLACE_IMDS, "AWS_EC2_METADATA_DISABLED must be \"true\" or \"false\"");
    setenv("AWS_EC2_METADATA_DISABLED", "True", 1);
    assert_lacks(PLACE_IMDS, "AWS_EC2_METADATA_DISABLED is true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(a_web_identity_has_a_token_and_a_role),
        AT_HOME(what_is_wrong_with_a_web_identity_is_said),
        AT_HOME(a_container_is_asked_at_its_own_address_or_over_tls),
        AT_HOME(other_hosts_are_refused_without_tls),
        AT_HOME(the_token_of_the_file_counts_more),
        AT_HOME(instance_metadata_has_an_address),
        AT_HOME(instance_metadata_can_be_disabled_or_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

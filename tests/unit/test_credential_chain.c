/* Chains of profiles: what a person writes, and the plan that comes of it. */
#include "aws/credentials/search.h"

#include "base/format.h"
#include "support/aws_home.h"
#include "support/captured_log.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int with_profile(void **state)
{
    if (aws_home_setup(state) != 0)
        return -1;
    setenv("AWS_PROFILE", "A", 1);
    aws_home_write(state, "token", "ey.J.x\n");
    return 0;
}

#define ROLE(name) "arn:aws:iam::123456789012:role/" name
#define KEYS(mark) "aws_access_key_id=id-" mark "\naws_secret_access_key=secret-" mark "\n"

/* The plan in one line: its source, and the roles after it. */
static void describe(const struct credential_plan *plan, struct buf *out)
{
    static const char *const sources[] = {"keys",      "command", "web",
                                          "container", "imds",    "anywhere"};
    buf_format(out, "%s", sources[plan->source]);
    if (plan->source == SOURCE_KEYS)
        buf_format(out, " %.*s", (int)plan->keys.access_key_id.length,
                   plan->keys.access_key_id.data);
    if (plan->source == SOURCE_COMMAND)
        buf_format(out, " %s", plan->command);
    if (plan->source == SOURCE_WEB_IDENTITY)
        buf_format(out, " %s %.*s", strrchr(plan->web_identity.role_arn, '/'),
                   (int)plan->token.length, plan->token.data);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct role_step *step = &plan->steps[i];
        buf_format(out, " -> %s", strrchr(step->role_arn, '/'));
        if (step->external_id != NULL)
            buf_format(out, " external %s", step->external_id);
        if (step->session_name != NULL)
            buf_format(out, " as %s", step->session_name);
        if (step->duration_seconds > 0)
            buf_format(out, " for %u", (unsigned)step->duration_seconds);
    }
}

/* `expected` is the plan, or, when it begins with '!', a part of the message. */
static void check_chain(void **state, const char *text, const char *expected, uint32_t places)
{
    BUF_AUTO struct buf out = BUF(4096);
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    const struct config config = {.credential_places = places};
    struct error error = {0};
    aws_home_write(state, AWS_HOME_CONFIG, text);
    bool done = credential_search(&config, &plan, &settings, &error);
    if (expected[0] != '!') {
        if (!done)
            fail_msg("%s\n%s", text, error.message);
        describe(&plan, &out);
        assert_same_text(buf_str(&out), str_from(expected));
        return;
    }
    assert_false(done);
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    assert_int_not_equal(error_advice(&error)[0], '\0');
    assert_null(strstr(error.message, "secret-"));
    if (strstr(error.message, expected + 1) == NULL)
        fail_msg("%s\n\"%s\" does not say \"%s\"", text, error.message, expected + 1);
}

static const struct {
    const char *text;
    const char *expected;
} chains[] = {
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\n" KEYS("b"),
     "keys id-b -> /A"},
    /* In the selected profile, role_arn comes before keys. */
    {"[profile A]\n" KEYS("a") "role_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\n" KEYS("b"),
     "keys id-b -> /A"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\nrole_session_name=box\n"
                                        "external_id=x:1\nduration_seconds=900\n[profile B]\n" KEYS(
                                            "b"),
     "keys id-b -> /A external x:1 as box for 900"},
    {"[profile A]\n" KEYS("a") "role_arn=" ROLE("A") "\nsource_profile=A\n", "keys id-a -> /A"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\nrole_arn=" ROLE(
         "B") "\nsource_profile=C\n[profile C]\n" KEYS("c"),
     "keys id-c -> /B -> /A"},
    /* In a source_profile, keys end the chain. */
    {"[profile A]\n" KEYS("a") "role_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\n" KEYS(
         "b") "role_arn=" ROLE("B") "\nsource_profile=C\n[profile C]\n" KEYS("c"),
     "keys id-b -> /A"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nweb_identity_token_file=~/token\n", "web /A ey.J.x"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\nrole_arn=" ROLE(
         "B") "\nweb_identity_token_file=~/token\n",
     "web /B ey.J.x -> /A"},
    {"[profile A]\ncredential_process = \"/opt/a b\" --x \"y\"\n",
     "command \"/opt/a b\" --x \"y\""},
    {"[profile A]\n" KEYS("a") "credential_process = /opt/x\n", "command /opt/x"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\n"
                                        "credential_process=/opt/x\n",
     "command /opt/x -> /A"},
    {"[profile A]\nAWS_ACCESS_KEY_ID=id\naws_secret_access_key='secret'\naws_security_token=t\n",
     "keys id"},

    {"[profile A]\nrole_arn=" ROLE("A") "\n",
     "!config:2:1: role_arn has neither source_profile nor credential_source"},
    {"[profile A]\nrole_arn=" ROLE("A") "\ncredential_source=Environment\nsource_profile=B\n",
     "!config:3:1: credential_source and source_profile exclude each other"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\naws_access_key_id=x\n",
     "!profile B in /tmp/"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\n",
     "!profile B, at the end of a chain of source_profile, has no credentials"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n",
     "!config:3:1: source_profile names a profile that neither file has: B"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n[profile B]\nrole_arn=" ROLE(
         "B") "\nsource_profile=A\n",
     "!config:6:1: source_profile makes a loop: it leads back to profile A"},
    {"[profile A]\n" KEYS("a") "role_arn=" ROLE(
         "A") "\nsource_profile=B\n[profile B]\nrole_arn=" ROLE("B") "\nsource_profile=A\n",
     "!makes a loop"},
    {"[profile A]\nweb_identity_token_file=/var/token\n",
     "!config:2:1: web_identity_token_file has no role_arn beside it"},
    {"[profile A]\nrole_arn=arn:foo\nsource_profile=A\n" KEYS("a"),
     "!config:2:1: role_arn is not the ARN of an IAM role"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=A\nduration_seconds=1h\n" KEYS("a"),
     "!config:4:1: duration_seconds must be a number from 900 to 43200"},
    {"[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=A\nmfa_serial=x\n" KEYS("a"),
     "!config:4:1: mfa_serial needs a person who types a code"},
    {"[profile A]\nsso_session=s\n[sso-session s]\nsso_region=x\n",
     "!config:2:1: sso_session needs a person who signs in with a browser"},
    {"[profile A]\nsso_start_url=https://x\n" KEYS("a"), "!sso_start_url needs a person"},
    {"[profile A]\nlogin_session=arn:x\n", "!login_session needs a person"},
    {"[profile A]\naws_access_key_id=ASIAEXAMPLE\naws_secret_access_key=secret-x\n",
     "!the key is a temporary one"},
    {"[profile A]\naws_access_key_id=id\naws_secret_access_key=secret-x#mine\n",
     "!(line 2) are not usable: a space, a quotation mark"},
    {"[profile A]\nrole_arn=" ROLE("A") "\ncredential_source=Ec2\n",
     "!config:3:1: credential_source must be one of: Environment EcsContainer Ec2InstanceMetadata"},
    {"[profile A]\nrole_arn=" ROLE("A") "\ncredential_source=Environment\n",
     "!config:3:1: credential_source cannot be used: AWS_ACCESS_KEY_ID is not set"},
    {"[profile A]\nrole_arn=" ROLE("A") "\ncredential_source=Ec2InstanceMetadata\n",
     "!cannot be used: AWS_EC2_METADATA_DISABLED is true"},
    {"[profile B]\n" KEYS("b"), "!there is no profile \"A\" in "},
};

static void each_chain_becomes_a_plan_or_a_sentence(void **state)
{
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++)
        check_chain(state, chains[i].text, chains[i].expected, 0);
}

static void a_credential_source_is_one_of_the_search(void **state)
{
    static const char imds[] =
        "[profile A]\nrole_arn=" ROLE("A") "\ncredential_source=ec2instancemetadata\n";
    static const char container[] =
        "[profile A]\nrole_arn=" ROLE("A") "\ncredential_source=EcsContainer\n";
    static const char environment[] =
        "[profile A]\nrole_arn=" ROLE("A") "\ncredential_source=Environment\n";
    unsetenv("AWS_EC2_METADATA_DISABLED");
    check_chain(state, imds, "imds -> /A", 0);
    check_chain(state, imds, "!config:3:1: credential_source is a place that edge.credentials does",
                1 << PLACE_PROFILE);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/x", 1);
    check_chain(state, container, "container -> /A", 0);
    setenv("AWS_ACCESS_KEY_ID", "id-env", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret-env", 1);
    check_chain(state, environment, "!edge.credentials does not name", 1 << PLACE_PROFILE);
}

static void a_chain_has_at_most_eight_roles(void **state)
{
    BUF_AUTO struct buf text = BUF(8192);
    for (unsigned roles = 8; roles <= 9; roles++) {
        buf_clear(&text);
        buf_format(&text, "[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=p1\n");
        for (unsigned i = 1; i < roles; i++)
            buf_format(&text, "[profile p%u]\nrole_arn=" ROLE("x") "\nsource_profile=p%u\n", i,
                       i + 1);
        buf_format(&text, "[profile p%u]\n" KEYS("end"), roles);
        check_chain(state, buf_text(&text),
                    roles == 8 ? "keys id-end -> /x -> /x -> /x -> /x -> /x -> /x -> /x -> /A"
                               : "!is the ninth role of a chain",
                    0);
    }
}

static void the_two_files_are_one_profile(void **state)
{
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[B]\n" KEYS("secretly"));
    check_chain(state, "[profile A]\nrole_arn=" ROLE("A") "\nsource_profile=B\n",
                "keys id-secretly -> /A", 0);
}

/* --- what is said of the lines that are used or not used --- */

static void assert_said(void **state, const char *text, const char *expected, const char *warning)
{
    BUF_AUTO struct buf log = BUF(64 * 1024);
    capture_log(&log);
    check_chain(state, text, expected, 0);
    release_log();
    assert_logged(&log, warning);
    assert_not_logged(&log, "secret-");
}

static void what_is_passed_over_or_odd_is_said(void **state)
{
    assert_said(state,
                "[profile A]\n" KEYS("a") "role_arn=" ROLE(
                    "A") "\nsource_profile=B\n[profile B]\n" KEYS("b"),
                "keys id-b -> /A",
                "config:2:1: aws_access_key_id is not used: role_arn of this profile comes before");
    assert_said(state, "[profile A]\n" KEYS("a") "credential_process=/x\n", "command /x",
                "aws_access_key_id is not used: credential_process of this profile");
    assert_said(state, "[profile A]\n" KEYS("a") "regoin = eu-west-1\n", "keys id-a",
                "config:4:1: this is not a key that wcp-tiny knows; it is not used");
    assert_said(state, "[profile A]\n" KEYS("a") "aws_access_key_id = id-z\n", "keys id-z",
                "config:4:1: this replaces line 2, which sets the same key");
    assert_said(state, "[profile A]\naws_access_key_id=\"id-q\"\naws_secret_access_key=secret-q\n",
                "keys id-q", "config:2:19: most SDKs take the quotation marks as a part");
    assert_said(state, "[profile A]\n" KEYS("a") "region =\n  eu-west-1\n", "keys id-a",
                "config:5:3: this line is indented and so belongs to the key above");
    assert_said(state, "[profile A]\n" KEYS("a") "\nregion =\n  endpoint_url = x\n", "keys id-a",
                "config:6:3: this line is indented and so belongs to the key above");
    assert_said(
        state, "[profile A]\n" KEYS("a") "retry_mode = adaptive\n", "keys id-a",
        "config:4:1: retry_mode is not used: calls are repeated as in the mode \"standard\"");
    assert_said(state,
                "[profile A]\naws_access_key_id = id-i\n  aws_secret_access_key = secret-i\n",
                "!no secret access key",
                "config:3:3: this line is indented and so belongs to the key above");
    assert_said(state, "[profile A]\n" KEYS("a") "\nwJalrXUtnFEMI/K7MDENG/bPxRfi=\n", "keys id-a",
                "config:5:1: this is not a key that wcp-tiny knows");
}

static void what_other_programs_need_is_passed_over_in_silence(void **state)
{
    BUF_AUTO struct buf log = BUF(64 * 1024);
    capture_log(&log);
    check_chain(
        state,
        "[profile A]\n" KEYS(
            "a") "output = json\ncli_pager =\ns3 =\n  max = 1\n"
                 "s3_x = 1\nretry_mode = standard\ndefaults_mode = auto\nsso_region = eu-west-1\n"
                 "request_checksum_calculation = x\n",
        "keys id-a", 0);
    assert_same_text(buf_str(&log), STR(""));
    release_log();
}

#define WITH_PROFILE(test) cmocka_unit_test_setup_teardown(test, with_profile, aws_home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PROFILE(each_chain_becomes_a_plan_or_a_sentence),
        WITH_PROFILE(a_credential_source_is_one_of_the_search),
        WITH_PROFILE(a_chain_has_at_most_eight_roles),
        WITH_PROFILE(the_two_files_are_one_profile),
        WITH_PROFILE(what_is_passed_over_or_odd_is_said),
        WITH_PROFILE(what_other_programs_need_is_passed_over_in_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

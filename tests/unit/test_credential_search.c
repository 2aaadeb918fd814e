/* The sources of the long-lived credentials. Every test has its own home directory. */
#include "aws/credentials/search.h"
#include "base/format.h"

#include "base/limits.h"
#include "support/aws_home.h"
#include "support/captured_log.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A profile whose values contain `mark`. */
#define KEYS(mark) "aws_access_key_id = id-" mark "\naws_secret_access_key = secret-" mark "\n"

static bool search(const char *file, struct credential_plan *plan, struct aws_settings *settings,
                   struct error *error)
{
    const struct config config = {.credentials_file = (char *)(uintptr_t)file};
    return credential_search(&config, plan, settings, error);
}

static void assert_loaded(const char *file, const char *mark, const char *token)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    BUF_AUTO struct buf expected = BUF(256);
    struct error error = {0};
    if (!search(file, &plan, &settings, &error))
        fail_msg("%s", error.message);
    buf_format(&expected, "id-%s|secret-%s", mark, mark);
    size_t bar = str_index_of(buf_str(&expected), '|');
    assert_same_text(buf_str(&plan.keys.access_key_id), str_take(buf_str(&expected), bar));
    assert_same_text(buf_str(&plan.keys.secret_access_key), str_skip(buf_str(&expected), bar + 1));
    assert_same_text(buf_str(&plan.keys.session_token), str_from(token));
    assert_int_equal(plan.keys.expiration, 0);
}

static void assert_source(const char *file, const char *source, const char *region)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    struct error error = {0};
    if (!search(file, &plan, &settings, &error))
        fail_msg("%s", error.message);
    assert_string_equal(plan.name, source);
    assert_string_equal(settings.region == NULL ? "" : settings.region, region);
}

static void assert_refused(const char *file, const char *why)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    struct error error = {0};
    if (search(file, &plan, &settings, &error))
        fail_msg("loaded from %s", plan.name);
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void set_keys(const char *id, const char *secret, const char *token)
{
    setenv("AWS_ACCESS_KEY_ID", id, 1);
    setenv("AWS_SECRET_ACCESS_KEY", secret, 1);
    setenv("AWS_SESSION_TOKEN", token, 1);
}

/* --- the environment --- */

static void the_environment_wins_over_every_file(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("file"));
    set_keys("id-env", "secret-env", "token-env");
    assert_loaded(NULL, "env", "token-env");
    assert_loaded(scratch_path(state, AWS_HOME_CREDENTIALS, path), "env", "token-env");
    assert_source(NULL, "the environment", "");
    setenv("AWS_SESSION_TOKEN", "", 1);
    assert_loaded(NULL, "env", "");
}

static void half_an_environment_is_an_error_and_not_skipped(void **state)
{
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("file"));
    set_keys("id-env", "", "");
    assert_refused(NULL, "no secret access key");
    set_keys("", "secret-env", "");
    assert_refused(NULL, "the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
                         "AWS_SESSION_TOKEN) are not usable: no access key id");
    set_keys("", "", "token-env");
    assert_loaded(NULL, "file", "");
}

static void a_variable_that_is_no_header_text_is_refused(void **state)
{
    (void)state;
    set_keys("id env", "secret-env", "");
    assert_refused(NULL, "a space, a quotation mark");
    set_keys("id-env", "secret-env\n", "");
    assert_refused(NULL, "a space, a quotation mark");
    set_keys("id-env", "secret-env", "token\r\nX-Header: x");
    assert_refused(NULL, "a space, a quotation mark");
}

/* --- files --- */

static void the_shared_credentials_file_is_read(void **state)
{
    BUF_AUTO struct buf source = BUF(512);
    aws_home_write(state, AWS_HOME_CREDENTIALS,
                   "[other]\n" KEYS("other") "[default]\n" KEYS("file") "aws_session_token = t\n");
    assert_loaded(NULL, "file", "t");
    buf_format(&source, "profile default in %s/.aws/credentials", (const char *)*state);
    assert_source(NULL, buf_text(&source), "");
}

static void the_config_file_fills_what_the_credentials_file_lacks(void **state)
{
    BUF_AUTO struct buf source = BUF(512);
    aws_home_write(state, AWS_HOME_CONFIG, "[default]\n" KEYS("config") "region = eu-west-1\n");
    assert_loaded(NULL, "config", "");
    buf_format(&source, "profile default in %s/.aws/config", (const char *)*state);
    assert_source(NULL, buf_text(&source), "eu-west-1");
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("file"));
    assert_loaded(NULL, "file", "");
    buf_clear(&source);
    buf_format(&source, "profile default in %s/.aws/credentials", (const char *)*state);
    assert_source(NULL, buf_text(&source), "eu-west-1");
}

static void the_configured_file_wins_over_the_environments_and_the_homes(void **state)
{
    char configured[SCRATCH_PATH_SIZE];
    char shared[SCRATCH_PATH_SIZE];
    aws_home_write(state, "configured", "[default]\n" KEYS("configured"));
    aws_home_write(state, "shared", "[default]\n" KEYS("shared"));
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("home"));
    assert_loaded(NULL, "home", "");
    setenv("AWS_SHARED_CREDENTIALS_FILE", scratch_path(state, "shared", shared), 1);
    assert_loaded(NULL, "shared", "");
    assert_loaded(scratch_path(state, "configured", configured), "configured", "");
}

static void the_config_files_place_can_be_given(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    aws_home_write(state, "elsewhere", "[profile box]\n" KEYS("elsewhere"));
    setenv("AWS_CONFIG_FILE", scratch_path(state, "elsewhere", path), 1);
    setenv("AWS_PROFILE", "box", 1);
    assert_loaded(NULL, "elsewhere", "");
}

static void the_profile_can_be_chosen(void **state)
{
    aws_home_write(state, AWS_HOME_CREDENTIALS,
                   "[default]\n" KEYS("default") "[box]\n" KEYS("box"));
    aws_home_write(state, AWS_HOME_CONFIG,
                   "[profile box]\nregion = eu-west-2\n[default]\nregion = eu-west-1\n");
    setenv("AWS_PROFILE", "box", 1);
    assert_loaded(NULL, "box", "");
    setenv("AWS_PROFILE", "", 1);
    assert_loaded(NULL, "default", "");
}

static void rotated_keys_are_used_at_once(void **state)
{
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("old"));
    assert_loaded(NULL, "old", "");
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("new"));
    assert_loaded(NULL, "new", "");
}

/* --- what is missing or wrong --- */

static void nothing_found_says_where_was_looked_and_what_to_do(void **state)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    struct error error = {0};
    assert_refused(NULL, "no AWS credentials found: AWS_ACCESS_KEY_ID is not set; there is no "
                         "profile \"default\" in /tmp/");
    assert_refused(NULL, "/.aws/credentials or /tmp/");
    assert_refused(NULL, "AWS_WEB_IDENTITY_TOKEN_FILE is not set; "
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set; "
                         "AWS_EC2_METADATA_DISABLED is true");
    assert_false(search(NULL, &plan, &settings, &error));
    assert_non_null(strstr(error.advice, "credentials_file under [edge]"));
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\nregion = eu-west-1\n");
    assert_refused(NULL, "profile \"default\" in /tmp/");
    assert_refused(NULL, " has none; AWS_WEB");
    unsetenv("HOME");
    assert_refused(NULL, "HOME is not set");
}

static void a_profile_that_is_named_must_be_there(void **state)
{
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("default"));
    setenv("AWS_PROFILE", "box", 1);
    assert_refused(NULL, "there is no profile \"box\"");
}

static void a_file_that_is_named_must_be_there(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("home"));
    assert_refused(scratch_path(state, "absent", path), "No such file or directory");
    setenv("AWS_CONFIG_FILE", path, 1);
    assert_refused(NULL, "AWS config file");
    unsetenv("AWS_CONFIG_FILE");
    setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
    assert_refused(NULL, "credentials file");
}

static void half_a_profile_is_refused(void **state)
{
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\naws_access_key_id = id\n");
    assert_refused(NULL, "no secret access key");
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\naws_secret_access_key = secret\n");
    assert_refused(NULL, "no access key id");
}

static void a_credentials_file_that_others_may_change_is_refused(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("home"));
    assert_int_equal(chmod(scratch_path(state, AWS_HOME_CREDENTIALS, path), 0602), 0);
    assert_refused(NULL, "the credentials file can be changed by others");
    assert_refused(path, "the credentials file can be changed by others");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chmod(scratch_path(state, ".aws", path), 0777), 0);
    assert_refused(NULL, "the credentials file can be changed by others");
}

static void a_credentials_file_that_others_may_read_is_warned_about(void **state)
{
    BUF_AUTO struct buf log = BUF(4096);
    char path[SCRATCH_PATH_SIZE];
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("home"));
    capture_log(&log);
    assert_loaded(NULL, "home", "");
    assert_int_equal(log.length, 0);
    assert_int_equal(chmod(scratch_path(state, AWS_HOME_CREDENTIALS, path), 0640), 0);
    assert_loaded(NULL, "home", "");
    assert_logged(&log, "WARN The credentials file ");
    assert_logged(&log, "can be read by others; run: chmod 600 ");
    assert_not_logged(&log, "secret-home");
}

static void a_credentials_file_has_a_largest_size(void **state)
{
    BUF_AUTO struct buf text = BUF(LIMIT_CREDENTIALS_FILE + 1);
    char path[SCRATCH_PATH_SIZE];
    scratch_path(state, AWS_HOME_CREDENTIALS, path);
    buf_append_text(&text, "[default]\n" KEYS("home"));
    while (text.length < LIMIT_CREDENTIALS_FILE)
        buf_append_byte(&text, '\n');
    scratch_write(path, buf_str(&text), 0600);
    assert_loaded(NULL, "home", "");
    buf_append_byte(&text, '\n');
    scratch_write(path, buf_str(&text), 0600);
    assert_refused(NULL, "is larger than 262144 bytes");
}

/* --- the region that comes with them --- */

static void the_environments_region_wins_over_the_profiles(void **state)
{
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS("x") "region = eu-north-1\n");
    aws_home_write(state, AWS_HOME_CONFIG, "[default]\nregion = eu-south-1\n");
    BUF_AUTO struct buf source = BUF(512);
    buf_format(&source, "profile default in %s/.aws/credentials", (const char *)*state);
    assert_source(NULL, buf_text(&source), "eu-north-1");
    setenv("AWS_DEFAULT_REGION", "us-east-1", 1);
    assert_source(NULL, buf_text(&source), "us-east-1");
    setenv("AWS_REGION", "us-west-2", 1);
    assert_source(NULL, buf_text(&source), "us-west-2");
    set_keys("id", "secret", "");
    unsetenv("AWS_REGION");
    unsetenv("AWS_DEFAULT_REGION");
    assert_source(NULL, "the environment", "eu-north-1");
}

static void a_region_is_the_name_of_one(void **state)
{
    char region[65];
    set_keys("id", "secret", "");
    setenv("AWS_REGION", "eu.west/1", 1);
    assert_refused(NULL, "AWS_REGION must be the name of an AWS region");
    setenv("AWS_REGION", "eu-central-1a", 1);
    assert_refused(NULL, "AWS_REGION names a zone; write its region: eu-central-1");
    memset(region, 'r', sizeof region);
    region[1] = '-';
    memcpy(region + 61, "-1", 3);
    setenv("AWS_REGION", region, 1);
    assert_source(NULL, "the environment", region);
    memcpy(region + 62, "-1", 3);
    region[61] = 'r';
    setenv("AWS_REGION", region, 1);
    assert_refused(NULL, "AWS_REGION must be the name of an AWS region");
    unsetenv("AWS_REGION");
    aws_home_write(state, AWS_HOME_CONFIG, "[default]\nregion = eu west\n");
    assert_refused(NULL, "/.aws/config:2:1: region must be the name of an AWS region");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(the_environment_wins_over_every_file),
        AT_HOME(half_an_environment_is_an_error_and_not_skipped),
        AT_HOME(a_variable_that_is_no_header_text_is_refused),
        AT_HOME(the_shared_credentials_file_is_read),
        AT_HOME(the_config_file_fills_what_the_credentials_file_lacks),
        AT_HOME(the_configured_file_wins_over_the_environments_and_the_homes),
        AT_HOME(the_config_files_place_can_be_given),
        AT_HOME(the_profile_can_be_chosen),
        AT_HOME(rotated_keys_are_used_at_once),
        AT_HOME(nothing_found_says_where_was_looked_and_what_to_do),
        AT_HOME(a_profile_that_is_named_must_be_there),
        AT_HOME(a_file_that_is_named_must_be_there),
        AT_HOME(half_a_profile_is_refused),
        AT_HOME(a_credentials_file_that_others_may_change_is_refused),
        AT_HOME(a_credentials_file_that_others_may_read_is_warned_about),
        AT_HOME(a_credentials_file_has_a_largest_size),
        AT_HOME(the_environments_region_wins_over_the_profiles),
        AT_HOME(a_region_is_the_name_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

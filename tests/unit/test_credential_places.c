/* The places of the search for credentials, and the files that it reads. */
#include "aws/credentials/search.h"

#include "support/aws_home.h"
#include "support/captured_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define KEYS "aws_access_key_id = id-file\naws_secret_access_key = secret-file\n"

static bool search(const char *file, struct credential_plan *plan, struct error *error)
{
    AWS_SETTINGS_AUTO struct aws_settings settings;
    const struct config config = {.credentials_file = (char *)(uintptr_t)file};
    return credential_search(&config, plan, &settings, error);
}

static void assert_keys(const char *file, const char *id)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    struct error error = {0};
    if (!search(file, &plan, &error))
        fail_msg("%s", error.message);
    assert_true(str_equal(buf_str(&plan.keys.access_key_id), str_from(id)));
}

static void assert_refused(const char *why)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    struct error error = {0};
    assert_false(search(NULL, &plan, &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void assert_plan(uint32_t places, enum credential_source source, const char *tried)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    const struct config config = {.credential_places = places};
    struct error error = {0};
    if (!credential_search(&config, &plan, &settings, &error))
        fail_msg("%s", error.message);
    assert_int_equal(plan.source, source);
    if (tried == NULL)
        assert_null(plan.tried);
    else if (plan.tried == NULL || strstr(plan.tried, tried) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", plan.tried, tried);
}

static void the_places_have_an_order_and_can_be_limited(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    assert_plan(0, SOURCE_IMDS,
                "AWS_ACCESS_KEY_ID is not set; there is no profile \"default\" in /");
    assert_plan(1 << PLACE_IMDS, SOURCE_IMDS, NULL);
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x", 1);
    assert_plan(0, SOURCE_CONTAINER, NULL);
    scratch_write(scratch_path(state, "token", path), STR("token"), 0600);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
    setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x", 1);
    assert_plan(0, SOURCE_WEB_IDENTITY, NULL);
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS);
    assert_plan(0, SOURCE_KEYS, NULL);
    assert_plan(1 << PLACE_WEB_IDENTITY | 1 << PLACE_IMDS, SOURCE_WEB_IDENTITY, NULL);
    assert_plan(1 << PLACE_CONTAINER | 1 << PLACE_IMDS, SOURCE_CONTAINER, NULL);
    assert_plan(1 << PLACE_ENVIRONMENT | 1 << PLACE_IMDS, SOURCE_IMDS, "AWS_ACCESS_KEY_ID is not");
}

/* Files that give no credentials need not be usable, and those that do must be. */
static void files_matter_where_profile_is_a_place(void **state)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    struct config config = {.credential_places = 1 << PLACE_IMDS};
    struct error error = {0};
    char path[SCRATCH_PATH_SIZE];
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    scratch_write(scratch_path(state, AWS_HOME_CREDENTIALS, path), STR("\xff\xfe[\0d\0"), 0600);
    assert_plan(1 << PLACE_IMDS, SOURCE_IMDS, NULL);
    setenv("AWS_ACCESS_KEY_ID", "id-env", 1);
    config.credential_places = 1 << PLACE_PROFILE;
    assert_false(credential_search(&config, &plan, &settings, &error));
    assert_non_null(strstr(error.message, "is UTF-16 text"));
}

static void the_advice_is_for_a_place_of_the_list(void **state)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    const struct config config = {.credential_places = 1 << PLACE_CONTAINER};
    struct error error = {0};
    (void)state;
    assert_false(credential_search(&config, &plan, &settings, &error));
    assert_non_null(strstr(error.message, "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set"));
    assert_non_null(strstr(error.advice, "name another place in edge.credentials"));
}

static void a_place_that_is_wrong_is_not_skipped(void **state)
{
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent", 1);
    assert_refused("AWS_ROLE_ARN is not set");
    aws_home_write(state, AWS_HOME_CONFIG, "[default]\nsso_session = x\n");
    assert_refused("sso_session needs a person");
}

/* A file that others can change is refused when it is to give the credentials, and only then. */
static void a_file_is_needed_when_its_place_may_be_searched(void **state)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    AWS_SETTINGS_AUTO struct aws_settings settings;
    char path[SCRATCH_PATH_SIZE];
    struct config config = {.credential_places = 1 << PLACE_PROFILE | 1 << PLACE_IMDS};
    struct error error = {0};
    setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
    setenv("AWS_ACCESS_KEY_ID", "id-env", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret-env", 1);
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS);
    assert_int_equal(chmod(scratch_path(state, AWS_HOME_CREDENTIALS, path), 0666), 0);
    if (credential_search(&config, &plan, &settings, &error))
        fail_msg("found in %s", plan.name);
    assert_non_null(strstr(error.message, "the credentials file can be changed by others"));
    credential_plan_free(&plan);
    aws_settings_free(&settings);
    config.credential_places = 1 << PLACE_IMDS;
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    if (!credential_search(&config, &plan, &settings, &error))
        fail_msg("%s", error.message);
    assert_int_equal(plan.source, SOURCE_IMDS);
}

static void every_file_that_is_read_is_listed(void **state)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    struct error error = {0};
    aws_home_write(state, AWS_HOME_CONFIG,
                   "[default]\nrole_arn = arn:aws:iam::123456789012:role/x\n"
                   "web_identity_token_file = ~/not yet\n");
    assert_false(search(NULL, &plan, &error));
    assert_int_equal(plan.file_count, 3);
    assert_true(str_ends_with(str_from(plan.files[0]), STR("/.aws/credentials")));
    assert_true(str_ends_with(str_from(plan.files[1]), STR("/.aws/config")));
    assert_true(str_ends_with(str_from(plan.files[2]), STR("/not yet")));
}

static void a_tilde_is_the_home(void **state)
{
    aws_home_write(state, "keys", "[default]\n" KEYS);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "~/keys", 1);
    assert_keys(NULL, "id-file");
    assert_keys("~/keys", "id-file");
}

static void the_null_device_is_no_file(void **state)
{
    aws_home_write(state, AWS_HOME_CONFIG, "[default]\n" KEYS);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
    assert_keys(NULL, "id-file");
    setenv("AWS_CONFIG_FILE", "/dev/null", 1);
    assert_refused("there is no profile \"default\" in /dev/null or /dev/null");
}

static void utf_16_is_refused(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, AWS_HOME_CREDENTIALS, path), STR("\xff\xfe[\0d\0"), 0600);
    assert_refused("is UTF-16 text");
    setenv("AWS_ACCESS_KEY_ID", "id-env", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret-env", 1);
    assert_keys(NULL, "id-env"); /* with a warning */
}

static void the_other_variable_for_the_profile_is_mentioned(void **state)
{
    BUF_AUTO struct buf log = BUF(4096);
    aws_home_write(state, AWS_HOME_CREDENTIALS, "[default]\n" KEYS);
    setenv("AWS_DEFAULT_PROFILE", "box", 1);
    capture_log(&log);
    assert_keys(NULL, "id-file");
    assert_logged(&log, "AWS_DEFAULT_PROFILE is not used, as in most of AWS's SDKs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(the_places_have_an_order_and_can_be_limited),
        AT_HOME(files_matter_where_profile_is_a_place),
        AT_HOME(the_advice_is_for_a_place_of_the_list),
        AT_HOME(a_place_that_is_wrong_is_not_skipped),
        AT_HOME(a_file_is_needed_when_its_place_may_be_searched),
        AT_HOME(every_file_that_is_read_is_listed),
        AT_HOME(a_tilde_is_the_home),
        AT_HOME(the_null_device_is_no_file),
        AT_HOME(utf_16_is_refused),
        AT_HOME(the_other_variable_for_the_profile_is_mentioned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

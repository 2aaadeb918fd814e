/* Settings of services: variables, and the keys of a profile. */
#include "aws/endpoint.h"

#include "support/aws_home.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The settings of profile "default" in a config file of this text. */
static bool load(const char *text, struct aws_settings *settings, struct error *error)
{
    const struct shared_file files[SHARED_FILES] = {
        {SHARED_CREDENTIALS_FILE, "credentials", STR("")},
        {SHARED_CONFIG_FILE, "config", str_from(text)},
    };
    struct profile profile;
    profile_read(files, STR("default"), &profile);
    return aws_settings_load(&profile, &files[SHARED_CONFIG_FILE], settings, error);
}

static struct aws_settings settings_of(const char *text)
{
    struct aws_settings settings;
    struct error error = {0};
    if (!load(text, &settings, &error))
        fail_msg("%s", error.message);
    return settings;
}

static void assert_refused(const char *text, const char *why)
{
    AWS_SETTINGS_AUTO struct aws_settings settings;
    struct error error = {0};
    assert_false(load(text, &settings, &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void nothing_is_said_at_first(void **state)
{
    (void)state;
    AWS_SETTINGS_AUTO struct aws_settings settings = settings_of("");
    assert_null(settings.region);
    assert_null(settings.endpoints[SERVICE_ACM].url);
    assert_null(settings.ca_bundle);
    assert_false(settings.use_fips || settings.use_dualstack || settings.sts_is_global);
    assert_int_equal(settings.most_attempts, 3);
}

static const char all[] = "[default]\nregion = eu-south-1\nuse_fips_endpoint = TRUE\n"
                          "use_dualstack_endpoint = true\nsts_regional_endpoints = legacy\n"
                          "ca_bundle = ~/ca.pem\nmax_attempts = 7\n"
                          "endpoint_url = http://profile/\n";

static void each_key_of_the_profile_counts(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    AWS_SETTINGS_AUTO struct aws_settings settings = settings_of(all);
    scratch_path(state, "ca.pem", path);
    assert_string_equal(settings.region, "eu-south-1");
    assert_true(settings.use_fips && settings.use_dualstack && settings.sts_is_global);
    assert_string_equal(settings.ca_bundle, path);
    assert_int_equal(settings.most_attempts, 7);
    for (size_t i = 0; i < SERVICES; i++) {
        assert_string_equal(settings.endpoints[i].url, "http://profile/");
        assert_string_equal(settings.endpoints[i].origin, "config:8:1: endpoint_url");
    }
}

static void a_profile_with_its_prefix_replaces_the_default_without(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[default]\nregion = eu-west-1\nmax_attempts = 5\n[profile default]\nregion = eu-west-2\n",
        "[profile default]\nregion = eu-west-2\n[default]\nregion = eu-west-1\nmax_attempts = 5\n",
    };
    for (size_t i = 0; i < 2; i++) {
        AWS_SETTINGS_AUTO struct aws_settings settings = settings_of(texts[i]);
        assert_string_equal(settings.region, "eu-west-2");
        assert_int_equal(settings.most_attempts, 3);
    }
}

static void each_variable_counts_more(void **state)
{
    (void)state;
    setenv("AWS_DEFAULT_REGION", "us-east-1", 1);
    setenv("AWS_USE_FIPS_ENDPOINT", "false", 1);
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "False", 1);
    setenv("AWS_STS_REGIONAL_ENDPOINTS", "regional", 1);
    setenv("AWS_MAX_ATTEMPTS", "9", 1);
    setenv("AWS_ENDPOINT_URL", "http://variable/", 1);
    AWS_SETTINGS_AUTO struct aws_settings settings = settings_of(all);
    assert_string_equal(settings.region, "us-east-1");
    assert_false(settings.use_fips || settings.use_dualstack || settings.sts_is_global);
    assert_int_equal(settings.most_attempts, 9);
    assert_string_equal(settings.endpoints[SERVICE_STS].url, "http://variable/");
    assert_string_equal(settings.endpoints[SERVICE_STS].origin, "AWS_ENDPOINT_URL");
}

static const char with_services[] =
    "[default]\nservices = mine\nendpoint_url = http://profile/\n"
    "[services mine]\nacm =\n  endpoint_url = http://acm/\nrolesanywhere =\n"
    "  endpoint_url = \"http://anywhere/\"\ns3 =\n  endpoint_url = http://s3/\n"
    "[services other]\nsts =\n  endpoint_url = http://wrong/\n";

static void a_section_of_services_counts_more_than_the_profile(void **state)
{
    (void)state;
    AWS_SETTINGS_AUTO struct aws_settings settings = settings_of(with_services);
    assert_string_equal(settings.endpoints[SERVICE_ACM].url, "http://acm/");
    assert_string_equal(settings.endpoints[SERVICE_ACM].origin, "config:6:3: endpoint_url");
    assert_string_equal(settings.endpoints[SERVICE_STS].url, "http://profile/");
    assert_string_equal(settings.endpoints[SERVICE_ROLES_ANYWHERE].url, "http://anywhere/");
}

static void variables_count_more_than_a_section_of_services(void **state)
{
    (void)state;
    setenv("AWS_ENDPOINT_URL", "http://all/", 1);
    setenv("AWS_ENDPOINT_URL_ACM", "http://own/", 1);
    AWS_SETTINGS_AUTO struct aws_settings settings = settings_of(with_services);
    assert_string_equal(settings.endpoints[SERVICE_ACM].url, "http://own/");
    assert_string_equal(settings.endpoints[SERVICE_STS].url, "http://all/");
    assert_string_equal(settings.endpoints[SERVICE_ROLES_ANYWHERE].url, "http://all/");
}

static void configured_urls_can_be_ignored(void **state)
{
    (void)state;
    static const char text[] = "[default]\nignore_configured_endpoint_urls = true\n"
                               "endpoint_url = http://profile/\n";
    AWS_SETTINGS_AUTO struct aws_settings ignored = settings_of(text);
    assert_null(ignored.endpoints[SERVICE_ACM].url);
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", 1);
    AWS_SETTINGS_AUTO struct aws_settings used = settings_of(text);
    assert_non_null(used.endpoints[SERVICE_ACM].url);
}

static void what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    assert_refused("[default]\nregion = eu-central-1a\n",
                   "config:2:1: region names a zone; write its region: eu-central-1");
    assert_refused("[default]\nuse_fips_endpoint = yes\n",
                   "config:2:1: use_fips_endpoint must be \"true\" or \"false\"");
    assert_refused("[default]\nmax_attempts = 0\n", "config:2:1: max_attempts must be a number");
    assert_refused("[default]\nsts_regional_endpoints = global\n",
                   "config:2:1: sts_regional_endpoints must be \"legacy\" or \"regional\"");
    assert_refused("[default]\nservices = mine\n[services other]\n",
                   "config:2:1: services names a section that is not there: mine");
    setenv("AWS_MAX_ATTEMPTS", "many", 1);
    assert_refused("", "AWS_MAX_ATTEMPTS must be a number from 1 to 100");
}

static void assert_sts(const char *region, const char *partition, const char *host)
{
    AWS_SETTINGS_AUTO struct aws_settings settings =
        settings_of("[default]\nsts_regional_endpoints = legacy\n");
    struct url url;
    struct error error = {0};
    assert_true(endpoint_resolve(&settings, SERVICE_STS, str_from(partition), str_from(region),
                                 &url, &error));
    assert_string_equal(url.host, host);
    assert_int_equal(
        endpoint_is_global(&settings, SERVICE_STS, str_from(partition), str_from(region)),
        strcmp(host, "sts.amazonaws.com") == 0);
}

static void the_old_endpoint_of_sts_serves_the_old_regions(void **state)
{
    (void)state;
    assert_sts("eu-central-1", "aws", "sts.amazonaws.com");
    assert_sts("us-west-2", "aws", "sts.amazonaws.com");
    assert_sts("me-south-1", "aws", "sts.me-south-1.amazonaws.com");
    assert_sts("cn-north-1", "aws-cn", "sts.cn-north-1.amazonaws.com.cn");
    AWS_SETTINGS_AUTO struct aws_settings fips =
        settings_of("[default]\nsts_regional_endpoints = legacy\nuse_fips_endpoint = true\n");
    assert_false(endpoint_is_global(&fips, SERVICE_STS, STR("aws"), STR("us-east-1")));
    AWS_SETTINGS_AUTO struct aws_settings other =
        settings_of("[default]\nsts_regional_endpoints = legacy\n");
    assert_false(endpoint_is_global(&other, SERVICE_ACM, STR("aws"), STR("us-east-1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(nothing_is_said_at_first),
        AT_HOME(each_key_of_the_profile_counts),
        AT_HOME(a_profile_with_its_prefix_replaces_the_default_without),
        AT_HOME(each_variable_counts_more),
        AT_HOME(a_section_of_services_counts_more_than_the_profile),
        AT_HOME(variables_count_more_than_a_section_of_services),
        AT_HOME(configured_urls_can_be_ignored),
        AT_HOME(what_is_wrong_is_named_with_its_place),
        AT_HOME(the_old_endpoint_of_sts_serves_the_old_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

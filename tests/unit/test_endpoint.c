/* The URLs of AWS endpoints. */
#include "aws/endpoint.h"
#include "base/environment.h"
#include "base/format.h"

#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const variables[] = {
    "AWS_ENDPOINT_URL",      "AWS_ENDPOINT_URL_ACM",       "AWS_ENDPOINT_URL_STS",
    "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};

static int clean_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    return 0;
}

static const struct profile no_profile;
static const struct shared_file no_file;

static struct url endpoint(enum service service, const char *partition, const char *region)
{
    struct url url = {0};
    AWS_SETTINGS_AUTO struct aws_settings settings;
    struct error error = {0};
    if (!aws_settings_load(&no_profile, &no_file, &settings, &error) ||
        !endpoint_resolve(&settings, service, str_from(partition), str_from(region), &url, &error))
        fail_msg("%s", error.message);
    return url;
}

static void assert_host(enum service service, const char *partition, const char *region,
                        const char *host)
{
    struct url url = endpoint(service, partition, region);
    assert_string_equal(url.host, host);
    assert_true(url.tls);
    assert_int_equal(url.port, 443);
    assert_string_equal(url.path, "/");
}

static void assert_refused(const char *partition, const char *why)
{
    struct url url = {0};
    AWS_SETTINGS_AUTO struct aws_settings settings;
    struct error error = {0};
    assert_false(
        aws_settings_load(&no_profile, &no_file, &settings, &error) &&
        endpoint_resolve(&settings, SERVICE_STS, str_from(partition), STR("x-1"), &url, &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void services_are_named_as_they_are_signed(void **state)
{
    (void)state;
    assert_string_equal(service_name(SERVICE_ACM), "acm");
    assert_string_equal(service_name(SERVICE_STS), "sts");
    assert_string_equal(service_name(SERVICE_ROLES_ANYWHERE), "rolesanywhere");
}

/* The hosts of every partition: default, FIPS, dual stack, both. NULL: none. */
static const struct {
    const char *partition;
    const char *hosts[4];
} partitions[] = {
    {"aws",
     {"acm.x-1.amazonaws.com", "acm-fips.x-1.amazonaws.com", "acm.x-1.api.aws",
      "acm-fips.x-1.api.aws"}},
    {"aws-us-gov",
     {"acm.x-1.amazonaws.com", "acm.x-1.amazonaws.com", "acm.x-1.api.aws", "acm-fips.x-1.api.aws"}},
    {"aws-cn",
     {"acm.x-1.amazonaws.com.cn", "acm-fips.x-1.amazonaws.com.cn",
      "acm.x-1.api.amazonwebservices.com.cn", "acm-fips.x-1.api.amazonwebservices.com.cn"}},
    {"aws-eusc",
     {"acm.x-1.amazonaws.eu", "acm-fips.x-1.amazonaws.eu", "acm.x-1.api.amazonwebservices.eu",
      "acm-fips.x-1.api.amazonwebservices.eu"}},
    {"aws-iso", {"acm.x-1.c2s.ic.gov", "acm-fips.x-1.c2s.ic.gov"}},
    {"aws-iso-b", {"acm.x-1.sc2s.sgov.gov", "acm-fips.x-1.sc2s.sgov.gov"}},
    {"aws-iso-e", {"acm.x-1.cloud.adc-e.uk", "acm-fips.x-1.cloud.adc-e.uk"}},
    {"aws-iso-f", {"acm.x-1.csp.hci.ic.gov", "acm-fips.x-1.csp.hci.ic.gov"}},
};

static void every_partition_has_its_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++) {
        for (unsigned form = 0; form < 4; form++) {
            setenv("AWS_USE_FIPS_ENDPOINT", (form & 1) != 0 ? "true" : "false", 1);
            setenv("AWS_USE_DUALSTACK_ENDPOINT", (form & 2) != 0 ? "TRUE" : "False", 1);
            if (partitions[i].hosts[form] != NULL)
                assert_host(SERVICE_ACM, partitions[i].partition, "x-1", partitions[i].hosts[form]);
            else
                assert_refused(partitions[i].partition, "has no dual-stack endpoints");
        }
    }
}

static void a_host_is_made_of_service_and_region(void **state)
{
    (void)state;
    assert_host(SERVICE_STS, "aws", "eu-central-1", "sts.eu-central-1.amazonaws.com");
    assert_host(SERVICE_ACM, "aws", "us-east-1", "acm.us-east-1.amazonaws.com");
}

static void an_unknown_partition_is_refused(void **state)
{
    (void)state;
    assert_refused("aws-moon", "the AWS partition \"aws-moon\" is not known");
    assert_refused("", "is not known");
    assert_refused("AWS", "is not known");
}

static void a_switch_is_true_or_false(void **state)
{
    (void)state;
    static const char *const switches[] = {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
                                           "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        setenv(switches[i], "1", 1);
        assert_refused("aws", switches[i]);
        setenv(switches[i], "", 1);
        assert_host(SERVICE_STS, "aws", "x-1", "sts.x-1.amazonaws.com");
    }
}

/* --- endpoints from the environment --- */

static void the_services_own_url_wins_over_the_common_one(void **state)
{
    (void)state;
    setenv("AWS_ENDPOINT_URL", "https://all.example:1", 1);
    assert_string_equal(endpoint(SERVICE_ACM, "aws", "x-1").host, "all.example");
    assert_string_equal(endpoint(SERVICE_STS, "aws", "x-1").host, "all.example");
    setenv("AWS_ENDPOINT_URL_ACM", "https://acm.example:2/base", 1);
    struct url url = endpoint(SERVICE_ACM, "aws", "x-1");
    assert_string_equal(url.host, "acm.example");
    assert_int_equal(url.port, 2);
    assert_string_equal(url.path, "/base");
    assert_string_equal(endpoint(SERVICE_STS, "aws", "x-1").host, "all.example");
    setenv("AWS_ENDPOINT_URL_STS", "https://sts.example", 1);
    assert_string_equal(endpoint(SERVICE_STS, "aws", "x-1").host, "sts.example");
}

static void a_configured_url_serves_any_partition(void **state)
{
    (void)state;
    setenv("AWS_ENDPOINT_URL", "https://all.example", 1);
    assert_string_equal(endpoint(SERVICE_STS, "aws-moon", "x-1").host, "all.example");
}

static void configured_urls_can_be_disabled(void **state)
{
    (void)state;
    setenv("AWS_ENDPOINT_URL", "https://all.example", 1);
    setenv("AWS_ENDPOINT_URL_STS", "no url at all", 1);
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_host(SERVICE_STS, "aws", "x-1", "sts.x-1.amazonaws.com");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", 1);
    assert_string_equal(endpoint(SERVICE_ACM, "aws", "x-1").host, "all.example");
    assert_refused("aws", "AWS_ENDPOINT_URL_STS");
}

static void a_wrong_url_is_named_by_its_variable(void **state)
{
    (void)state;
    setenv("AWS_ENDPOINT_URL", "ftp://x", 1);
    assert_refused("aws", "AWS_ENDPOINT_URL");
}

/* The caller logs a warning about it. */
static void plain_http_is_legal(void **state)
{
    (void)state;
    setenv("AWS_ENDPOINT_URL", "http://box.example:5000", 1);
    struct url url = endpoint(SERVICE_STS, "aws", "x-1");
    assert_false(url.tls);
    assert_string_equal(url.host, "box.example");
    assert_int_equal(url.port, 5000);
}

static void an_empty_variable_is_as_none(void **state)
{
    (void)state;
    setenv("AWS_ENDPOINT_URL", "", 1);
    setenv("AWS_ENDPOINT_URL_STS", "", 1);
    assert_null(environment_get("AWS_ENDPOINT_URL"));
    assert_host(SERVICE_STS, "aws", "x-1", "sts.x-1.amazonaws.com");
}

static void the_longest_region_fits(void **state)
{
    (void)state;
    char region[64];
    BUF_AUTO struct buf host = BUF(256);
    memset(region, 'r', 63);
    region[63] = '\0';
    buf_format(&host, "sts-fips.%s.api.amazonwebservices.com.cn", region);
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "true", 1);
    assert_host(SERVICE_STS, "aws-cn", region, buf_text(&host));
}

#define CLEAN(test) cmocka_unit_test_setup_teardown(test, clean_environment, clean_environment)

static void knows_awss_own_names(void **state)
{
    (void)state;
    assert_true(endpoint_is_awss("sts.eu-central-1.amazonaws.com"));
    assert_true(endpoint_is_awss("acm.eu-central-1.api.aws"));
    assert_true(endpoint_is_awss("acm.cn-north-1.amazonaws.com.cn"));
    assert_true(endpoint_is_awss("vpce-1.sts.eu-central-1.vpce.amazonaws.com"));
    assert_true(endpoint_is_awss("sts.us-iso-east-1.c2s.ic.gov"));
    assert_false(endpoint_is_awss("amazonaws.com"));
    assert_false(endpoint_is_awss("sts.notamazonaws.com"));
    assert_false(endpoint_is_awss("amazonaws.com.example.com"));
    assert_false(endpoint_is_awss("localhost"));
    assert_false(endpoint_is_awss(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_are_named_as_they_are_signed),
        CLEAN(every_partition_has_its_hosts),
        CLEAN(a_host_is_made_of_service_and_region),
        CLEAN(an_unknown_partition_is_refused),
        CLEAN(a_switch_is_true_or_false),
        CLEAN(the_services_own_url_wins_over_the_common_one),
        CLEAN(a_configured_url_serves_any_partition),
        CLEAN(configured_urls_can_be_disabled),
        CLEAN(a_wrong_url_is_named_by_its_variable),
        CLEAN(plain_http_is_legal),
        CLEAN(an_empty_variable_is_as_none),
        CLEAN(the_longest_region_fits),
        cmocka_unit_test(knows_awss_own_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

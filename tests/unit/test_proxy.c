/* The choice of a proxy for a connection. */
#include "net/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const variables[] = {"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"};

static int clean_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    return 0;
}

static struct proxy chosen(const char *configured, const char *host, uint16_t port)
{
    struct proxy proxy;
    struct error error = {0};
    if (!proxy_choose(configured, host, port, &proxy, &error))
        fail_msg("%s", error.message);
    return proxy;
}

static void goes_directly_when_nothing_is_set(void **state)
{
    (void)state;
    assert_false(chosen(NULL, "sts.amazonaws.com", 443).present);
    assert_false(chosen("", "sts.amazonaws.com", 443).present);
    setenv("HTTPS_PROXY", " ", 1);
    assert_false(chosen(NULL, "sts.amazonaws.com", 443).present);
}

static void takes_the_configured_proxy_before_the_environments(void **state)
{
    (void)state;
    setenv("https_proxy", "http://lower:1", 1);
    assert_string_equal(chosen(NULL, "sts.amazonaws.com", 443).url.host, "lower");
    setenv("HTTPS_PROXY", "http://upper:2", 1);
    assert_string_equal(chosen(NULL, "sts.amazonaws.com", 443).url.host, "upper");
    struct proxy proxy = chosen("http://user:pass@configured:3128", "sts.amazonaws.com", 443);
    assert_string_equal(proxy.url.host, "configured");
    assert_int_equal(proxy.url.port, 3128);
    assert_string_equal(proxy.url.user_info, "user:pass");
}

static void takes_a_proxy_without_scheme(void **state)
{
    (void)state;
    struct proxy proxy = chosen("box:3128", "sts.amazonaws.com", 443);
    assert_string_equal(proxy.url.host, "box");
    assert_int_equal(proxy.url.port, 3128);
}

static void takes_a_proxy_that_is_asked_over_tls(void **state)
{
    (void)state;
    struct proxy proxy = chosen("https://box", "sts.amazonaws.com", 443);
    assert_true(proxy.url.tls);
    assert_int_equal(proxy.url.port, 443);
}

static void refuses_a_proxy_it_cannot_speak_to(void **state)
{
    (void)state;
    static const char *const wrong[] = {"socks5://box:1080", "http://", "http://box:0", "box box",
                                        "http://user:100%@box:3128"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct proxy proxy;
        struct error error = {0};
        assert_false(proxy_choose(wrong[i], "sts.amazonaws.com", 443, &proxy, &error));
        assert_int_equal(error.kind, ERROR_CONFIGURATION);
        assert_non_null(strstr(error.message, "edge.https_proxy"));
        assert_non_null(strstr(error.advice, "%2F %3F %23 %25 and %20"));
        setenv("HTTPS_PROXY", wrong[i], 1);
        assert_false(proxy_choose(NULL, "sts.amazonaws.com", 443, &proxy, &error));
        assert_non_null(strstr(error.message, "HTTPS_PROXY"));
    }
}

static void reaches_this_machine_through_a_configured_proxy_only(void **state)
{
    (void)state;
    setenv("HTTPS_PROXY", "http://box:3128", 1);
    assert_false(chosen(NULL, "localhost", 443).present);
    assert_false(chosen(NULL, "127.0.0.1", 443).present);
    assert_false(chosen(NULL, "::1", 443).present);
    assert_true(chosen("http://box:3128", "127.0.0.1", 443).present);
}

static void obeys_no_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        const char *host;
        bool direct;
    } cases[] = {
        {"*", "sts.amazonaws.com", true},
        {"a, *", "sts.amazonaws.com", true},
        {"amazonaws.com", "amazonaws.com", true},
        {"amazonaws.com", "sts.amazonaws.com", true},
        {".amazonaws.com", "sts.amazonaws.com", true},
        {".amazonaws.com", "amazonaws.com", true},
        {"*.amazonaws.com", "sts.amazonaws.com", true},
        {"AmazonAWS.com", "sts.amazonaws.com", true},
        {"a,b , amazonaws.com ,c", "sts.amazonaws.com", true},
        {"a amazonaws.com", "sts.amazonaws.com", true},
        {"a\tAMAZONAWS.COM b", "sts.amazonaws.com", true},
        {"  ,, amazonaws.com,", "sts.amazonaws.com", true},
        {"amazonaws.com.", "sts.amazonaws.com", true},
        {".amazonaws.com.:443", "sts.amazonaws.com", true},
        {"amazonaws.com..", "sts.amazonaws.com", false},
        {"amazonaws.com", "notamazonaws.com", false},
        {"amazonaws.com", "amazonaws.com.evil", false},
        {"sts.amazonaws.com", "amazonaws.com", false},
        {"amazonaws.com:443", "sts.amazonaws.com", true},
        {"amazonaws.com:8443", "sts.amazonaws.com", false},
        {"amazonaws.com:", "sts.amazonaws.com", false},
        {"amazonaws.com:x", "sts.amazonaws.com", false},
        {"", "sts.amazonaws.com", false},
        {",", "sts.amazonaws.com", false},
        {".", "sts.amazonaws.com", false},
        {"..", "sts.amazonaws.com", false},
        {":443", "sts.amazonaws.com", false},
        {"*.", "sts.amazonaws.com", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3:443", "10.1.2.3", true},
        {"10.1.2.3:80", "10.1.2.3", false},
        {"10.1.2.4", "10.1.2.3", false},
        {"2.3", "10.1.2.3", false},
        {"10.0.0.0/8", "10.1.2.3", true},
        {"10.0.0.0/8", "11.1.2.3", false},
        {"10.1.2.0/30", "10.1.2.3", true},
        {"10.1.2.0/31", "10.1.2.3", false},
        {"10.1.2.3/32", "10.1.2.3", true},
        {"10.1.2.2/32", "10.1.2.3", false},
        {"0.0.0.0/0", "10.1.2.3", true},
        {"10.0.0.0/33", "10.1.2.3", false},
        {"10.0.0.0/", "10.1.2.3", false},
        {"10.0.0.0/x", "10.1.2.3", false},
        {"10.0.0.0/8", "sts.amazonaws.com", false},
        {"fd00::1", "fd00:0::1", true},
        {"[fd00::1]", "fd00::1", true},
        {"[fd00::1]:443", "fd00::1", true},
        {"[fd00::1]:80", "fd00::1", false},
        {"fd00::2", "fd00::1", false},
        {"fd00::/8", "fd00::1", true},
        {"[fd00::]/8", "fd12::1", true},
        {"[fd00::/8]:443", "fd12::1", true},
        {"[fd00::/8]:80", "fd12::1", false},
        {"FD00::/127", "fd00::1", true},
        {"fd00::/128", "fd00::1", false},
        {"fd00::/129", "fd00::1", false},
        {"::/0", "fd00::1", true},
        {"::/0", "10.1.2.3", false},
        {"0.0.0.0/0", "fd00::1", false},
        {"10.0.0.0/8:443", "10.1.2.3", true},
        {"10.0.0.0/8:80", "10.1.2.3", false},
        {"[", "fd00::1", false},
        {":::", "fd00::1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        setenv(i % 2 == 0 ? "NO_PROXY" : "no_proxy", cases[i].list, 1);
        bool present = chosen("http://box:3128", cases[i].host, 443).present;
        if (present == cases[i].direct)
            fail_msg("NO_PROXY=%s, host %s", cases[i].list, cases[i].host);
        clean_environment(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(goes_directly_when_nothing_is_set, clean_environment),
        cmocka_unit_test_setup(takes_the_configured_proxy_before_the_environments,
                               clean_environment),
        cmocka_unit_test_setup(takes_a_proxy_without_scheme, clean_environment),
        cmocka_unit_test_setup(takes_a_proxy_that_is_asked_over_tls, clean_environment),
        cmocka_unit_test_setup(refuses_a_proxy_it_cannot_speak_to, clean_environment),
        cmocka_unit_test_setup(reaches_this_machine_through_a_configured_proxy_only,
                               clean_environment),
        cmocka_unit_test_setup(obeys_no_proxy, clean_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

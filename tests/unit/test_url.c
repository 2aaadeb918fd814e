/* URLs of servers and proxies. */
#include "base/format.h"
#include "base/limits.h"
#include "net/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct url parsed(const char *text)
{
    struct url url;
    struct error error = {0};
    if (!url_parse(str_from(text), "the endpoint", &url, &error))
        fail_msg("%s: %s", text, error.message);
    return url;
}

static void refused(struct str text)
{
    struct url url;
    struct error error = {0};
    if (url_parse(text, "AWS_ENDPOINT_URL_STS", &url, &error))
        fail_msg("%.*s was taken", (int)text.length, text.data);
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    assert_non_null(strstr(error.message, "AWS_ENDPOINT_URL_STS"));
    assert_int_not_equal(error.advice[0], '\0');
}

static void refused_because(const char *text, const char *words)
{
    struct url url;
    struct error error = {0};
    assert_false(url_parse(str_from(text), "HTTPS_PROXY", &url, &error));
    if (strstr(error.message, words) == NULL)
        fail_msg("%s: %s", text, error.message);
}

static void expect(const char *text, bool tls, const char *host, uint16_t port, const char *path)
{
    struct url url = parsed(text);
    assert_int_equal(url.tls, tls);
    assert_string_equal(url.host, host);
    assert_int_equal(url.port, port);
    assert_string_equal(url.path, path);
}

static void takes_scheme_host_port_and_path(void **state)
{
    (void)state;
    expect("https://sts.amazonaws.com", true, "sts.amazonaws.com", 443, "/");
    expect("http://sts.amazonaws.com/", false, "sts.amazonaws.com", 80, "/");
    expect("HTTPS://STS.Amazonaws.com:8443/a/b%20c", true, "sts.amazonaws.com", 8443, "/a/b%20c");
    expect("http://my_box-1:1", false, "my_box-1", 1, "/");
    expect("http://box:65535", false, "box", 65535, "/");
}

static void takes_addresses(void **state)
{
    (void)state;
    expect("http://127.0.0.1:5000", false, "127.0.0.1", 5000, "/");
    expect("https://[::1]:5000/x", true, "::1", 5000, "/x");
    expect("https://[FD00:EC2::254]", true, "fd00:ec2::254", 443, "/");
}

static void decodes_user_info(void **state)
{
    (void)state;
    assert_string_equal(parsed("http://proxy:3128").user_info, "");
    assert_string_equal(parsed("http://user:pa%3as%40s@proxy:3128").user_info, "user:pa:s@s");
    assert_string_equal(parsed("http://us%C3%A9r@proxy").user_info, "us\xc3\xa9r");
    assert_string_equal(parsed("http://%25%2f%3F%23@proxy").user_info, "%/?#");
}

static void ends_user_info_at_the_last_at_sign(void **state)
{
    (void)state;
    struct url url = parsed("http://user:p@ss:w@rd@proxy:3128/a@b");
    assert_string_equal(url.user_info, "user:p@ss:w@rd");
    assert_string_equal(url.host, "proxy");
    assert_int_equal(url.port, 3128);
    assert_string_equal(url.path, "/a@b");
    assert_string_equal(parsed("http://@proxy").user_info, "");
}

static void says_what_is_wrong_with_user_info(void **state)
{
    (void)state;
    char longest[URL_USER_INFO_SIZE + 32];
    size_t length = format_text(longest, sizeof longest, "http://");
    memset(longest + length, 'u', URL_USER_INFO_SIZE);
    format_text(longest + length + URL_USER_INFO_SIZE, 5, "@box");
    refused_because("http://us%4@box", "% without two hexadecimal digits");
    refused_because("http://us%4x@box", "% without two hexadecimal digits");
    refused_because("http://us%@box", "written %25");
    refused_because("http://us%0aer@box", "control character");
    refused_because(longest, "too long");
}

static void refuses_what_is_no_url_of_a_server(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "sts.amazonaws.com",
        "ftp://box",
        "https:/box",
        "https://",
        "https:///path",
        "https://box:",
        "https://box:0",
        "https://box:65536",
        "https://box:+80",
        "https://box:80x",
        "https://box:-1",
        "https://bo x",
        "https://box/pa th",
        "https://box/\x7f",
        "https://b\xc3\xb6x",
        "https://box\r\nHost: evil",
        "https://box?query",
        "https://box/path?query",
        "https://box/#fragment",
        "https://box..com",
        "https://.box",
        "https://box.",
        "https://b,x",
        "https://b*x",
        "https://[::1",
        "https://[::1]x",
        "https://[::g]",
        "https://[fe80::1%25eth0]",
        "https://[127.0.0.1]",
        "https://::1",
        "https://127.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://127.0.0.0x1",
        "https://127.0.0.256",
        "https://1.2.3.4.5",
        "https://us%0aer@box",
        "https://us%00er@box",
        "https://us%4@box",
        "https://us%4x@box",
        "https://us%@box",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        refused(str_from(wrong[i]));
    refused(STR("https://box\0.evil"));
}

static void never_repeats_a_password(void **state)
{
    (void)state;
    static const char *const wrong[] = {"http://user:secret@proxy:99999",
                                        "http://user:sec ret@proxy", "user:secret@proxy",
                                        "http://user:secret/@proxy"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct url url;
        struct error error = {0};
        assert_false(url_parse(str_from(wrong[i]), "HTTPS_PROXY", &url, &error));
        assert_null(strstr(error.message, "sec"));
        assert_null(strstr(error.advice, "sec"));
    }
}

/* "https://" and then `before`, `count` times 'a' with a dot after each 50, and `after`. */
static struct str with_run(char *out, const char *before, size_t count, bool dotted,
                           const char *after)
{
    size_t length = 0;
    for (const char *at = before; *at != '\0'; at++)
        out[length++] = *at;
    for (size_t i = 1; i <= count; i++)
        out[length++] = dotted && i % 50 == 0 && i < count ? '.' : 'a';
    for (const char *at = after; *at != '\0'; at++)
        out[length++] = *at;
    return str_bytes(out, length);
}

static void bounds_every_part(void **state)
{
    (void)state;
    static char text[2 * LIMIT_URL];
    struct url url;
    struct error error = {0};
    struct str longest_host = with_run(text, "https://", URL_HOST_SIZE - 1, true, "/");
    assert_true(url_parse(longest_host, "it", &url, &error));
    refused(with_run(text, "https://", URL_HOST_SIZE, true, "/"));
    assert_true(url_parse(with_run(text, "https://", 63, false, ""), "it", &url, &error));
    refused(with_run(text, "https://", 64, false, ""));
    assert_true(
        url_parse(with_run(text, "https://b/", URL_PATH_SIZE - 2, false, ""), "it", &url, &error));
    assert_int_equal(strlen(url.path), URL_PATH_SIZE - 1);
    refused(with_run(text, "https://b/", URL_PATH_SIZE - 1, false, ""));
    assert_true(url_parse(with_run(text, "https://", URL_USER_INFO_SIZE - 1, false, "@b"), "it",
                          &url, &error));
    assert_int_equal(strlen(url.user_info), URL_USER_INFO_SIZE - 1);
    refused(with_run(text, "https://", URL_USER_INFO_SIZE, false, "@b"));
    refused(with_run(text, "https://b/", LIMIT_URL, false, ""));
}

static void knows_this_machine(void **state)
{
    (void)state;
    assert_true(url_host_is_loopback("localhost"));
    assert_true(url_host_is_loopback("127.0.0.1"));
    assert_true(url_host_is_loopback("127.255.0.3"));
    assert_true(url_host_is_loopback("::1"));
    assert_true(url_host_is_loopback("0:0:0:0:0:0:0:1"));
    assert_false(url_host_is_loopback("128.0.0.1"));
    assert_false(url_host_is_loopback("::2"));
    assert_false(url_host_is_loopback("localhost.example.com"));
    assert_false(url_host_is_loopback("127.0.0.1.example.com"));
}

static void knows_addresses(void **state)
{
    (void)state;
    assert_true(url_host_is_address("10.1.2.3"));
    assert_true(url_host_is_address("fd00:ec2::254"));
    assert_false(url_host_is_address("10.1.2"));
    assert_false(url_host_is_address("localhost"));
}

static void writes_the_host_header(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *authority;
        const char *host_and_port;
    } cases[] = {
        {"https://box", "box", "box:443"},
        {"https://box:443", "box", "box:443"},
        {"https://box:80", "box:80", "box:80"},
        {"http://box:80", "box", "box:80"},
        {"http://box:443", "box:443", "box:443"},
        {"https://[::1]", "[::1]", "[::1]:443"},
        {"https://[::1]:8443", "[::1]:8443", "[::1]:8443"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[URL_AUTHORITY_SIZE];
        struct url url = parsed(cases[i].url);
        url_authority(&url, text);
        assert_string_equal(text, cases[i].authority);
        url_host_and_port(&url, text);
        assert_string_equal(text, cases[i].host_and_port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_scheme_host_port_and_path),
        cmocka_unit_test(takes_addresses),
        cmocka_unit_test(decodes_user_info),
        cmocka_unit_test(ends_user_info_at_the_last_at_sign),
        cmocka_unit_test(says_what_is_wrong_with_user_info),
        cmocka_unit_test(refuses_what_is_no_url_of_a_server),
        cmocka_unit_test(never_repeats_a_password),
        cmocka_unit_test(bounds_every_part),
        cmocka_unit_test(knows_this_machine),
        cmocka_unit_test(knows_addresses),
        cmocka_unit_test(writes_the_host_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

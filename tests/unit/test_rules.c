/* The rules for single values of the configuration. */
#include "config/rules.h"

#include "base/limits.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef const char *(*rule)(struct str text);

static void assert_taken(rule check, struct str text)
{
    const char *wrong = check(text);
    if (wrong != NULL)
        fail_msg("\"%.*s\" %s", (int)text.length, text.data, wrong);
}

/* Asserts that the message of the rule contains `why`. */
static void assert_refused(rule check, struct str text, const char *why)
{
    const char *wrong = check(text);
    if (wrong == NULL)
        fail_msg("\"%.*s\" was taken", (int)text.length, text.data);
    else if (strstr(wrong, why) == NULL)
        fail_msg("\"%.*s\" %s, expected: %s", (int)text.length, text.data, wrong, why);
}

#define EACH(assertion, check, list, ...)                                                          \
    for (size_t each = 0; each < sizeof(list) / sizeof((list)[0]); each++)                         \
    assertion(check, str_from((list)[each]) __VA_ARGS__)

/* Returns `before`, followed by `byte` `count` times. */
static struct buf repeated(const char *before, char byte, size_t count)
{
    struct buf text = BUF(8192);
    buf_append_text(&text, before);
    for (size_t i = 0; i < count; i++)
        buf_append_byte(&text, byte);
    return text;
}

static void a_path_is_absolute(void **state)
{
    (void)state;
    static const char *const right[] = {"/a",       "/",   "/a/", "//a", "/a/./b", "/a b/\xc3\xa9",
                                        "/..a/b..", "/..."};
    static const char *const relative[] = {"", "a", "./a", "../a", "~/a", " /a"};
    static const char *const upwards[] = {"/..", "/../a", "/a/../b", "/a/.."};
    EACH(assert_taken, rule_absolute_path, right);
    EACH(assert_refused, rule_absolute_path, relative, , "absolute");
    EACH(assert_refused, rule_absolute_path, upwards, , "..");
}

static void a_path_has_no_control_character(void **state)
{
    (void)state;
    assert_refused(rule_absolute_path, STR("/a\nb"), "control character");
    assert_refused(rule_absolute_path, STR("/a\x7f"), "control character");
    assert_refused(rule_absolute_path, STR("/a\0b"), "control character");
    assert_refused(rule_file_path, STR("/a/\tb"), "control character");
}

static void a_path_has_a_longest_length(void **state)
{
    (void)state;
    BUF_AUTO struct buf longest = repeated("/", '/', 3799);
    BUF_AUTO struct buf longer = repeated("/", '/', 3800);
    assert_taken(rule_absolute_path, buf_str(&longest));
    assert_refused(rule_absolute_path, buf_str(&longer),
                   "too long for a path: more than 3800 bytes");
}

static void a_file_path_names_a_file(void **state)
{
    (void)state;
    static const char *const right[] = {"/cert.pem", "/etc/ssl/cert.pem", "/etc//ssl/./c",
                                        "/a/.b",     "/a/b.wcp-newer",    "/a.wcp-new/b"};
    static const char *const directories[] = {"/", "/a/", "/a/.", "/."};
    static const char *const ours[] = {"/a/.cert.pem.0123.wcp-new", "/a/.cert.wcp-journal",
                                       "/.wcp-new"};
    EACH(assert_taken, rule_file_path, right);
    EACH(assert_refused, rule_file_path, directories, , "must name a file");
    EACH(assert_refused, rule_file_path, ours, , "only the agent's own files may");
    assert_refused(rule_file_path, STR("a"), "absolute");
}

static void a_file_name_leaves_room_for_what_is_put_beside_it(void **state)
{
    (void)state;
    BUF_AUTO struct buf longest = repeated("/dir/", 'n', 200);
    BUF_AUTO struct buf longer = repeated("/dir/", 'n', 201);
    assert_taken(rule_file_path, buf_str(&longest));
    assert_refused(rule_file_path, buf_str(&longer), "more than 200 bytes");
}

static void a_refresh_command_has_a_full_path_and_harmless_characters(void **state)
{
    (void)state;
    static const char *const right[] = {"/usr/sbin/nginx -s reload", "/a", "  /usr/bin/x\t\n",
                                        "/x --option=1+2@host /a/b_c.d", "/usr/bin/x /etc/dir/"};
    static const char *const no_path[] = {"", " ", "/", "nginx -s reload", "./x", "sudo /x"};
    static const char *const shell[] = {
        "/x; y", "/x | y", "/x && y", "/x $HOME", "/x `y`", "/x 'y'", "/x \"y\"", "/x > y",
        "/x\ty", "/x\ny",  "/x\\ y",  "/x *",     "/x ~",   "/x:y",   "/x,y",     "/x \xc3\xa9"};
    EACH(assert_taken, rule_refresh_command, right);
    EACH(assert_refused, rule_refresh_command, no_path, , "full path");
    EACH(assert_refused, rule_refresh_command, shell, , "may contain only");
    assert_refused(rule_refresh_command, STR("/x\0y"), "may contain only");
}

static void a_refresh_command_is_no_directory(void **state)
{
    (void)state;
    static const char *const directories[] = {"/usr/bin/", "/usr/bin/ x", "//", " /usr/bin/ "};
    EACH(assert_refused, rule_refresh_command, directories, , "not a directory");
}

static void a_refresh_command_has_a_longest_length_in_words(void **state)
{
    (void)state;
    BUF_AUTO struct buf command = repeated("/x", ' ', 1);
    for (size_t words = 2; words <= LIMIT_HOOK_WORDS; words++)
        buf_append_text(&command, "a  ");
    assert_taken(rule_refresh_command, buf_str(&command));
    buf_append_text(&command, "a");
    assert_refused(rule_refresh_command, buf_str(&command), "more than 64 words");
}

static void a_mode_is_octal_and_at_most_0777(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",      "0778", "8",    "01000", "1777", "4755",          "rw-r--r--",
        "0o600", " 600", "600 ", "-1",    "+600", "99999999999999"};
    static const struct {
        const char *text;
        unsigned mode;
    } right[] = {{"0", 0}, {"0600", 0600}, {"640", 0640}, {"777", 0777}, {"000777", 0777}};
    EACH(assert_refused, rule_mode, wrong, , "octal");
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        assert_taken(rule_mode, str_from(right[i].text));
        assert_int_equal(rule_mode_value(str_from(right[i].text)), right[i].mode);
    }
}

static void an_account_is_a_name_or_a_number(void **state)
{
    (void)state;
    static const char *const right[] = {"root", "www-data", "_x", "1000", "a.b$"};
    static const char *const wrong[] = {"a b", "a:b", "a/b", "a\n", "\xc3\xa9"};
    EACH(assert_taken, rule_account, right);
    EACH(assert_refused, rule_account, wrong, , "may contain only");
    assert_refused(rule_account, STR(""), "1 to 32");
    assert_refused(rule_account, STR("-x"), "name or the number");
    BUF_AUTO struct buf name = repeated("", 'n', 32);
    assert_taken(rule_account, buf_str(&name));
    buf_append_byte(&name, 'n');
    assert_refused(rule_account, buf_str(&name), "1 to 32");
}

static void log_settings_are_known_words(void **state)
{
    (void)state;
    static const char *const levels[] = {"debug", "INFO", "Warn", "error", "none"};
    static const char *const destinations[] = {"file", "stderr", "syslog"};
    static const char *const wrong[] = {"", "warning", "FILE ", "stdout", "trace"};
    EACH(assert_taken, rule_log_level, levels);
    EACH(assert_taken, rule_log_destination, destinations);
    EACH(assert_refused, rule_log_level, wrong, , "debug, info, warn, error, none");
    EACH(assert_refused, rule_log_destination, wrong, , "file, stderr, syslog");
    assert_refused(rule_log_destination, STR("File"), "file, stderr, syslog");
}

static void a_server_is_a_host_and_a_port(void **state)
{
    (void)state;
    static const char *const right[] = {"127.0.0.1:443", "[::1]:443", "localhost:1",
                                        "box_1.lan:65535"};
    static const char *const wrong[] = {
        "",           "443",        ":443",    "host",    "host:",     "host:0",
        "host:65536", "host:x",     "host:-1", "::1:443", "[::1]",     "[::1:443",
        "::1]:443",   "[host]:443", "a b:443", "a/b:443", "host: 443", "host:443 "};
    EACH(assert_taken, rule_served_at, right);
    EACH(assert_refused, rule_served_at, wrong, , "host:port");
    BUF_AUTO struct buf host = repeated("", 'h', 255);
    BUF_AUTO struct buf longer = repeated("", 'h', 256);
    buf_append_text(&host, ":443");
    buf_append_text(&longer, ":443");
    assert_taken(rule_served_at, buf_str(&host));
    assert_refused(rule_served_at, buf_str(&longer), "host:port");
}

static void a_proxy_is_an_http_url(void **state)
{
    (void)state;
    static const char *const right[] = {"http://proxy:3128", "http://u:p@proxy", "http://[::1]:1",
                                        "https://proxy"};
    static const char *const wrong[] = {"",        "proxy:3128", "https://",
                                        "http://", "socks5://x", "http://proxy\r\nX: y"};
    EACH(assert_taken, rule_proxy, right);
    EACH(assert_refused, rule_proxy, wrong, , "HTTP proxy");
    BUF_AUTO struct buf url = repeated("http://", 'h', LIMIT_URL - 7);
    assert_taken(rule_proxy, buf_str(&url));
    buf_append_byte(&url, 'h');
    assert_refused(rule_proxy, buf_str(&url), "HTTP proxy");
}

static void a_region_is_a_name(void **state)
{
    (void)state;
    static const char *const right[] = {"eu-central-1", "us-gov-west-1", "us-isob-east-1",
                                        "eusc-de-east-1", "ap-southeast-12"};
    static const char *const wrong[] = {
        "",     "eu central-1",  "eu.central-1", "eu_central_1", "eu-central", "EU-CENTRAL-1",
        "eu-1", "eu--central-1", "Frankfurt",    "-central-1",   "eu-central-"};
    static const char *const zones[] = {"eu-central-1a", "eu-central-1-fra-1a", "eu-central-1."};
    EACH(assert_taken, rule_region, right, );
    EACH(assert_refused, rule_region, wrong, , "AWS region");
    EACH(assert_refused, rule_region, zones, , "names a zone; write its region: ");
    assert_true(str_equal(rule_region_meant(STR("eu-central-1a")), STR("eu-central-1")));
    assert_true(str_equal(rule_region_meant(STR("us-west-2-lax-1a")), STR("us-west-2")));
    assert_int_equal(rule_region_meant(STR("eu-central-1")).length, 0);
    assert_int_equal(rule_region_meant(STR("Frankfurt")).length, 0);
    assert_refused(rule_certificate_arn,
                   STR("arn:aws:acm:eu-central-1a:123456789012:certificate/x"),
                   "names a zone in the place of its region");
    assert_refused(rule_trust_anchor_arn,
                   STR("arn:aws:rolesanywhere:us-west-2-lax-1a:123456789012:trust-anchor/x"),
                   "names a zone in the place of its region");
    BUF_AUTO struct buf region = repeated("a-", 'r', 59);
    buf_append_text(&region, "-1");
    assert_taken(rule_region, buf_str(&region));
    buf_append_byte(&region, '2');
    assert_refused(rule_region, buf_str(&region), "AWS region");
}

static void other_texts_have_simple_rules(void **state)
{
    (void)state;
    assert_taken(rule_path_prefix, STR("/v1/"));
    assert_refused(rule_path_prefix, STR("v1"), "begin with '/'");
    assert_refused(rule_path_prefix, STR(""), "begin with '/'");
    assert_taken(rule_not_empty, STR("logs"));
    assert_refused(rule_not_empty, STR(""), "empty");
    assert_refused(rule_not_empty, STR("a\nb"), "control character");
    assert_refused(rule_certificate_arn, STR("arn:aws:iam::123456789012:role/x"),
                   "ACM certificate");
    assert_refused(rule_role_arn, STR("arn:aws:acm:x:123456789012:certificate/x"), "IAM role");
}

static void a_path_is_kept_by_its_components(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"/a/b", "/a/b"},           {"//a///b", "/a/b"}, {"/./a/././b", "/a/b"},
        {"/a/.b/..c", "/a/.b/..c"}, {"/a/b/", "/a/b"},   {"/", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = rule_path_normalised(str_from(cases[i][0]));
        assert_string_equal(path, cases[i][1]);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_absolute),
        cmocka_unit_test(a_path_has_no_control_character),
        cmocka_unit_test(a_path_has_a_longest_length),
        cmocka_unit_test(a_file_path_names_a_file),
        cmocka_unit_test(a_file_name_leaves_room_for_what_is_put_beside_it),
        cmocka_unit_test(a_refresh_command_has_a_full_path_and_harmless_characters),
        cmocka_unit_test(a_refresh_command_is_no_directory),
        cmocka_unit_test(a_refresh_command_has_a_longest_length_in_words),
        cmocka_unit_test(a_mode_is_octal_and_at_most_0777),
        cmocka_unit_test(an_account_is_a_name_or_a_number),
        cmocka_unit_test(log_settings_are_known_words),
        cmocka_unit_test(a_server_is_a_host_and_a_port),
        cmocka_unit_test(a_proxy_is_an_http_url),
        cmocka_unit_test(a_region_is_a_name),
        cmocka_unit_test(other_texts_have_simple_rules),
        cmocka_unit_test(a_path_is_kept_by_its_components),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

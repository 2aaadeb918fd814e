/* Every key of the schema: valid values, invalid values, and their errors. */
#include "base/format.h"
#include "support/config_reports.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECRETS "capabilities.secrets_manager."
#define LONG_LIST "[{ secret_id = 'a' }, { secret_id = 'b', role_arn = 'c' }]"

/* A key, valid values, invalid values of the right type, and the error of the invalid ones. */
static const struct {
    const char *key;
    const char *right[4];
    const char *wrong[5];
    const char *why;
} fields[] = {
    {"logging.log_level",
     {"'debug'", "'Info'", "'WARN'", "'none'"},
     {"'trace'", "''"},
     "must be one of"},
    {"logging.log_to_file", {"true", "false"}, {NULL}, NULL},
    {"capabilities.acm.enabled", {"true", "false"}, {NULL}, NULL},
    {"capabilities.acm.default_key_permission.mode",
     {"'0'", "'0777'"},
     {"'1000'", "''"},
     "octal mode"},
    {"capabilities.acm.default_certificate_permission.mode",
     {"'644'"},
     {"'0x1'", "'8'"},
     "octal mode"},
    {"capabilities.acm.certificates", {"[]"}, {NULL}, NULL},

    {SECRETS "enabled", {"true"}, {NULL}, NULL},
    {SECRETS "http_port",
     {"0", "1024", "2773", "65535"},
     {"1", "1023", "65536", "-1", "4294967296"},
     "must be 0 or a number from 1024 to 65535"},
    {SECRETS "path_prefix", {"'/v1/'", "'/'"}, {"'v1'", "''"}, "must begin with '/'"},
    {SECRETS "max_conn", {"1", "1000"}, {"0", "1001", "-1"}, "must be a number from 1 to 1000"},
    {SECRETS "max_roles", {"1", "20"}, {"0", "21", "-1"}, "must be a number from 1 to 20"},
    {SECRETS "region", {"'eu-west-1'", "''"}, {NULL}, NULL},
    {SECRETS "credentials_file_path", {"'/x'"}, {NULL}, NULL},
    {SECRETS "ignore_transient_errors", {"true"}, {NULL}, NULL},
    {SECRETS "validate_credentials", {"false"}, {NULL}, NULL},
    {SECRETS "cache.ttl_seconds", {"0", "3600"}, {"3601", "-1"}, "must be a number from 0 to 3600"},
    {SECRETS "cache.cache_size", {"1", "1000"}, {"0", "1001"}, "must be a number from 1 to 1000"},
    {SECRETS "security.ssrf_headers",
     {"['X-A']", "['X-A', 'X-B']"},
     {"[]"},
     "must not be an empty list"},
    {SECRETS "security.ssrf_env_variables",
     {"['A']"},
     {"['A', '']"},
     "must not contain an empty string"},
    {SECRETS "prefetch.cache_buffer_ratio",
     {"0.1", "1.0", "1", "5e-1"},
     {"0.09", "1.01", "0", "2", "nan"},
     "must be a number from 0.1 to 1.0"},
    {SECRETS "prefetch.max_jitter_seconds",
     {"0", "10"},
     {"11", "-1"},
     "must be a number from 0 to 10"},
    {SECRETS "prefetch.filter_tags",
     {"[]", "[{ key = 'a' }]", "[{ key = 'a', role_arn = 'b' }]"},
     {NULL},
     NULL},
    {SECRETS "prefetch.secrets", {"[]", LONG_LIST}, {NULL}, NULL},

    {"edge.region", {"'eu-central-1'"}, {"''", "'eu central'", "'x.y'"}, "AWS region"},
    {"edge.credentials",
     {"['profile']", "['environment', 'profile', 'web_identity', 'container', 'imds']"},
     {"['sso']", "['profile', 'PROFILE']"},
     "must contain only environment, profile, web_identity, container, imds"},
    {"edge.credentials", {"['imds']"}, {"[]", "['']", "'imds'", "[1]"}, "edge.credentials"},
    {"edge.imds_v1", {"true"}, {NULL}, NULL},
    {"edge.external_id", {"'ab'", "'a:/b'"}, {"'a'", "'a b'"}, "must be 2 to 1224"},
    {"edge.session_name", {"'box-7@site'"}, {"'a'", "'a:b'"}, "must be 2 to 64"},
    {"edge.duration_seconds", {"900", "43200"}, {"899", "43201"}, "from 900 to 43200"},
    {"edge.credentials_file", {"'/etc/x'"}, {"'x'", "''"}, "absolute path"},
    {"edge.ca_bundle", {"'/etc/ca.pem'"}, {"'ca.pem'"}, "absolute path"},
    {"edge.https_proxy",
     {"'http://proxy:3128'", "'https://proxy'"},
     {"'proxy:3128'", "'socks5://proxy'", "'https://'"},
     "HTTP proxy"},
    {"edge.refresh_interval_hours",
     {"1", "24", "720"},
     {"0", "721"},
     "must be a number from 1 to 720"},
    {"edge.refresh_on_start", {"true"}, {NULL}, NULL},
    {"edge.startup_jitter_seconds",
     {"0", "86400"},
     {"86401", "-1"},
     "must be a number from 0 to 86400"},
    {"edge.worker_user",
     {"'nobody'", "'65534'"},
     {"''", "'-x'"},
     "name or the number of an account"},
    {"edge.worker_user", {"'a'"}, {"'a b'", "'a:b'"}, "may contain only letters"},
    {"edge.log_destination",
     {"'file'", "'stderr'", "'syslog'"},
     {"'stdout'", "'FILE'"},
     "must be one of"},
    {"edge.log_directory", {"'logs'", "'/var/log'"}, {"''", "'''a\nb'''"}, "must not"},
    {"edge.log_max_bytes",
     {"4096", "1073741824"},
     {"4095", "1073741825"},
     "must be a number from 4096"},
    {"edge.log_archives", {"0", "100"}, {"101", "-1"}, "must be a number from 0 to 100"},
    {"edge.status_file", {"'/run/x.json'"}, {"'/run/'", "'x'"}, "must"},
    {"edge.watch_config", {"true"}, {NULL}, NULL},
};

/* The legacy form has the same keys at the root; five numbers may be strings. */
static const struct {
    const char *key;
    const char *right[5];
    const char *wrong[6];
    const char *why;
} legacy_fields[] = {
    {"log_level", {"'debug'", "'NONE'"}, {"'trace'"}, "must be one of"},
    {"log_to_file", {"true", "false"}, {NULL}, NULL},
    {"http_port",
     {"0", "1024", "65535", "'2773'", "'0'"},
     {"1023", "65536", "'1023'", "'65536'", "'+2773'", "''"},
     "must be 0 or a number from 1024 to 65535"},
    {"ttl_seconds",
     {"0", "3600", "'0'", "'3600'"},
     {"3601", "'3601'", "'-1'", "'1.5'"},
     "from 0 to 3600"},
    {"cache_size",
     {"1", "1000", "'1'", "'1000'"},
     {"0", "'0'", "1001", "'1001'"},
     "from 1 to 1000"},
    {"max_conn", {"1", "'1000'"}, {"0", "'0'", "1001", "' 1'"}, "from 1 to 1000"},
    {"max_roles", {"1", "'20'"}, {"0", "'0'", "21", "'21'", "'x'"}, "from 1 to 20"},
    {"ssrf_headers", {"['X-A']"}, {"[]", "['']"}, "must not"},
    {"ssrf_env_variables", {"['A']"}, {"[]"}, "must not be an empty list"},
    {"path_prefix", {"'/v1/'"}, {"'v1'"}, "must begin with '/'"},
    {"region", {"'eu-west-1'"}, {NULL}, NULL},
    {"ignore_transient_errors", {"true"}, {NULL}, NULL},
    {"validate_credentials", {"true"}, {NULL}, NULL},
    {"credentials_file_path", {"'/x'"}, {NULL}, NULL},
    {"prefetch", {"{}", "{ cache_buffer_ratio = 0.5, secrets = [] }"}, {NULL}, NULL},
};

static void assert_taken(const char *key, const char *value)
{
    BUF_AUTO struct buf text = BUF(1024);
    buf_format(&text, "%s = %s", key, value);
    struct config config = config_of(buf_text(&text));
    config_free(&config);
}

/* Asserts an error in the third line that begins with the path of the field and contains `why`. */
static void assert_refused(const char *key, const char *value, const char *why)
{
    BUF_AUTO struct buf text = BUF(1024);
    BUF_AUTO struct buf beginning = BUF(1024);
    buf_format(&text, "\n# line 2\n%s = %s", key, value);
    buf_format(&beginning, "3: %s: ", key);
    assert_config_error(buf_text(&text), buf_text(&beginning));
    assert_config_error(buf_text(&text), why);
}

static void every_key_takes_the_values_that_obey_its_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (size_t v = 0; v < 4 && fields[i].right[v] != NULL; v++)
            assert_taken(fields[i].key, fields[i].right[v]);
    for (size_t i = 0; i < sizeof legacy_fields / sizeof legacy_fields[0]; i++)
        for (size_t v = 0; v < 5 && legacy_fields[i].right[v] != NULL; v++)
            assert_taken(legacy_fields[i].key, legacy_fields[i].right[v]);
}

static void every_key_refuses_other_values_with_path_line_and_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (size_t v = 0; v < 5 && fields[i].wrong[v] != NULL; v++)
            assert_refused(fields[i].key, fields[i].wrong[v], fields[i].why);
    for (size_t i = 0; i < sizeof legacy_fields / sizeof legacy_fields[0]; i++)
        for (size_t v = 0; v < 6 && legacy_fields[i].wrong[v] != NULL; v++)
            assert_refused(legacy_fields[i].key, legacy_fields[i].wrong[v], legacy_fields[i].why);
}

/* A value of each TOML type, and the name of the type in messages. */
static const struct {
    const char *value;
    const char *name;
} types[] = {
    {"'text'", "a string"},
    {"7", "an integer"},
    {"0.5", "a float"},
    {"true", "a boolean"},
    {"2026-01-01T00:00:00Z", "a date and time with an offset"},
    {"2026-01-01T00:00:00", "a date and time"},
    {"2026-01-01", "a date"},
    {"12:00:00", "a time"},
    {"['x']", "an array"},
    {"{}", "a table"},
};

/* Returns true when one of the valid values `right` of the key has the type `type`. */
static bool takes_type(const char *const *right, size_t count, const char *key, size_t type)
{
    bool ratio = strstr(key, "cache_buffer_ratio") != NULL;
    if (ratio && (type == 1 || type == 2))
        return true;
    for (size_t i = 0; i < count && right[i] != NULL; i++) {
        char first = right[i][0];
        size_t right_type = first == '\''                  ? 0
                            : first == 't' || first == 'f' ? 3
                            : first == '['                 ? 8
                            : first == '{'                 ? 9
                                                           : 1;
        if (right_type == type)
            return true;
    }
    return false;
}

static void assert_types(const char *key, const char *const *right, size_t count)
{
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        BUF_AUTO struct buf found = BUF(256);
        if (takes_type(right, count, key, t))
            continue;
        buf_format(&found, ", found %s", types[t].name);
        assert_refused(key, types[t].value, buf_text(&found));
        assert_refused(key, types[t].value, "expected a");
    }
}

static void every_key_refuses_values_of_other_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        assert_types(fields[i].key, fields[i].right, 4);
    for (size_t i = 0; i < sizeof legacy_fields / sizeof legacy_fields[0]; i++)
        assert_types(legacy_fields[i].key, legacy_fields[i].right, 5);
}

static void tables_must_be_tables(void **state)
{
    (void)state;
    static const char *const tables[] = {"logging",
                                         "capabilities",
                                         "edge",
                                         "capabilities.acm",
                                         "capabilities.secrets_manager",
                                         SECRETS "cache",
                                         SECRETS "security",
                                         SECRETS "prefetch",
                                         "capabilities.acm.default_key_permission"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        assert_refused(tables[i], "true", "expected a table, found a boolean");
        assert_refused(tables[i], "[{}]", "expected a table, found an array");
    }
}

static void elements_of_lists_have_their_type(void **state)
{
    (void)state;
    assert_config_errors(
        "[capabilities.secrets_manager.security]\nssrf_headers = [\n'a',\n1,\n[]]",
        "4: capabilities.secrets_manager.security.ssrf_headers: expected a string, "
        "found an integer\n"
        "5: capabilities.secrets_manager.security.ssrf_headers: expected a string, "
        "found an array\n");
    assert_config_errors(
        "capabilities.acm.certificates = [\n'x',\n{}\n]",
        "2: capabilities.acm.certificates: expected a table, found a string\n"
        "3: capabilities.acm.certificates[1].certificate_arn: is required and missing\n"
        "3: capabilities.acm.certificates[1].role_arn: is required and missing\n"
        "3: capabilities.acm.certificates[1].certificate_path: is required and missing\n"
        "3: capabilities.acm.certificates[1].private_key_path: is required and missing\n");
    assert_config_errors(
        "[[capabilities.secrets_manager.prefetch.secrets]]\nrole_arn = 'x'\n"
        "[[capabilities.secrets_manager.prefetch.filter_tags]]\nkey = 1\n",
        "1: capabilities.secrets_manager.prefetch.secrets[0].secret_id: is required "
        "and missing\n"
        "4: capabilities.secrets_manager.prefetch.filter_tags[0].key: expected a "
        "string, found an integer\n");
}

static void a_nul_character_is_refused_everywhere(void **state)
{
    (void)state;
    assert_refused("capabilities.secrets_manager.region", "\"a\\u0000b\"", "NUL");
    assert_refused("edge.worker_user", "\"a\\u0000b\"", "may contain only");
    assert_refused("edge.log_directory", "\"a\\u0000b\"", "control character");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_takes_the_values_that_obey_its_rule),
        cmocka_unit_test(every_key_refuses_other_values_with_path_line_and_reason),
        cmocka_unit_test(every_key_refuses_values_of_other_types),
        cmocka_unit_test(tables_must_be_tables),
        cmocka_unit_test(elements_of_lists_have_their_type),
        cmocka_unit_test(a_nul_character_is_refused_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Valid configurations and their values. */
#include "base/format.h"
#include "base/limits.h"
#include "support/config_reports.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A configuration of AWS's own agent, with every table of its schema. */
static const char upstreams_file[] =
    "[logging]\n"
    "log_level = \"DEBUG\"\n"
    "log_to_file = true\n"
    "\n"
    "[capabilities.secrets_manager]\n"
    "enabled = true\n"
    "http_port = 2773\n"
    "path_prefix = \"/v1/\"\n"
    "max_conn = 800\n"
    "max_roles = 20\n"
    "region = \"eu-west-1\"\n"
    "credentials_file_path = \"/etc/credentials\"\n"
    "ignore_transient_errors = true\n"
    "validate_credentials = false\n"
    "[capabilities.secrets_manager.cache]\n"
    "ttl_seconds = 300\n"
    "cache_size = 1000\n"
    "[capabilities.secrets_manager.security]\n"
    "ssrf_headers = [\"X-Aws-Parameters-Secrets-Token\", \"X-Vault-Token\"]\n"
    "ssrf_env_variables = [\"AWS_TOKEN\"]\n"
    "[capabilities.secrets_manager.prefetch]\n"
    "cache_buffer_ratio = 0.8\n"
    "max_jitter_seconds = 3\n"
    "filter_tags = [{ key = \"Environment\" }, { key = \"Team\", role_arn = \"any\" }]\n"
    "[[capabilities.secrets_manager.prefetch.secrets]]\n"
    "secret_id = \"database\"\n"
    "\n"
    "[capabilities.acm]\n"
    "enabled = true\n"
    "default_certificate_permission = { mode = \"0644\" }\n"
    "default_key_permission = { mode = \"0640\" }\n"
    "\n"
    "[[capabilities.acm.certificates]]\n"
    "certificate_arn = \"arn:aws:acm:us-east-1:123456789012:certificate/one\"\n"
    "role_arn = \"arn:aws:iam::123456789012:role/box\"\n"
    "certificate_path = \"/etc/ssl/one.crt\"\n"
    "private_key_path = \"/etc/ssl/private/one.key\"\n"
    "chain_path = \"/etc/ssl/one.chain\"\n"
    "refresh_command = \"/usr/bin/systemctl reload nginx\"\n"
    "certificate_and_chain_permission = { mode = \"0444\" }\n"
    "key_permission = { mode = \"0400\" }\n"
    "\n"
    "[[capabilities.acm.certificates]]\n"
    "certificate_arn = \"arn:aws:acm:eu-west-1:123456789012:certificate/two\"\n"
    "role_arn = \"arn:aws:iam::123456789012:role/box\"\n"
    "certificate_path = \"/etc/ssl/two.crt\"\n"
    "private_key_path = \"/etc/ssl/private/two.key\"\n";

static void a_file_for_the_rust_agent_is_taken_as_it_is(void **state)
{
    (void)state;
    struct config config = config_of(upstreams_file);
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config.log_destination, LOG_TO_FILE);
    assert_true(config.acm_enabled);
    assert_int_equal(config.certificate_count, 2);
    const struct certificate_config *one = &config.certificates[0];
    assert_string_equal(one->arn, "arn:aws:acm:us-east-1:123456789012:certificate/one");
    assert_string_equal(one->role_arn, "arn:aws:iam::123456789012:role/box");
    assert_string_equal(one->certificate_path, "/etc/ssl/one.crt");
    assert_string_equal(one->private_key_path, "/etc/ssl/private/one.key");
    assert_string_equal(one->chain_path, "/etc/ssl/one.chain");
    assert_string_equal(one->refresh_command, "/usr/bin/systemctl reload nginx");
    assert_int_equal(one->certificate_permission.mode, 0444);
    assert_int_equal(one->key_permission.mode, 0400);
    assert_int_equal(one->line, 33);
    assert_null(one->combined_path);
    assert_null(one->served_at);
    const struct certificate_config *two = &config.certificates[1];
    assert_int_equal(two->certificate_permission.mode, 0644);
    assert_int_equal(two->key_permission.mode, 0640);
    assert_int_equal(two->line, 43);
    assert_null(two->chain_path);
    assert_null(two->refresh_command);
    config_free(&config);
}

static void the_same_with_a_byte_order_mark_and_crlf(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(16 * 1024);
    struct str rest = str_from(upstreams_file);
    struct str line;
    buf_append_text(&text, "\xef\xbb\xbf");
    while (str_next_line(&rest, &line)) {
        buf_append(&text, line);
        buf_append_text(&text, "\r\n");
    }
    struct config config = config_of(buf_text(&text));
    assert_int_equal(config.certificate_count, 2);
    assert_int_equal(config.certificates[1].line, 43);
    config_free(&config);
}

static void an_empty_file_is_the_defaults(void **state)
{
    (void)state;
    struct config config = config_of("");
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
    assert_false(config.acm_enabled);
    assert_int_equal(config.certificate_count, 0);
    assert_null(config.region);
    assert_null(config.credentials_file);
    assert_null(config.ca_bundle);
    assert_null(config.https_proxy);
    assert_null(config.worker_user);
    assert_null(config.log_directory);
    assert_null(config.status_file);
    assert_int_equal(config.log_destination, LOG_TO_FILE);
    assert_int_equal(config.refresh_interval_hours, 24);
    assert_int_equal(config.startup_jitter_seconds, 5);
    assert_int_equal(config.log_max_bytes, 10485760);
    assert_int_equal(config.log_archives, 5);
    assert_false(config.refresh_on_start);
    assert_true(config.watch_config);
    config_free(&config);
}

static void every_key_of_edge_is_taken(void **state)
{
    (void)state;
    struct config config = config_of("[edge]\n"
                                     "region = \"eu-central-1\"\n"
                                     "credentials_file = \"/etc/wcp/credentials\"\n"
                                     "credentials = [\"imds\", \"profile\"]\n"
                                     "imds_v1 = true\n"
                                     "external_id = \"site\"\n"
                                     "session_name = \"box\"\n"
                                     "duration_seconds = 900\n"
                                     "ca_bundle = \"/etc/ca.pem\"\n"
                                     "https_proxy = \"http://proxy:3128\"\n"
                                     "refresh_interval_hours = 12\n"
                                     "refresh_on_start = true\n"
                                     "startup_jitter_seconds = 600\n"
                                     "worker_user = \"nobody\"\n"
                                     "log_destination = \"syslog\"\n"
                                     "log_directory = \"/var/log/wcp\"\n"
                                     "log_max_bytes = 65536\n"
                                     "log_archives = 0\n"
                                     "status_file = \"/run/wcp/status.json\"\n"
                                     "watch_config = false\n");
    assert_string_equal(config.region, "eu-central-1");
    assert_string_equal(config.credentials_file, "/etc/wcp/credentials");
    assert_string_equal(config.ca_bundle, "/etc/ca.pem");
    assert_int_equal(config.credential_places, 1 << PLACE_IMDS | 1 << PLACE_PROFILE);
    assert_true(config.imds_v1);
    assert_string_equal(config.role_session.external_id, "site");
    assert_string_equal(config.role_session.session_name, "box");
    assert_int_equal(config.role_session.duration_seconds, 900);
    assert_string_equal(config.https_proxy, "http://proxy:3128");
    assert_int_equal(config.refresh_interval_hours, 12);
    assert_true(config.refresh_on_start);
    assert_int_equal(config.startup_jitter_seconds, 600);
    assert_string_equal(config.worker_user, "nobody");
    assert_int_equal(config.log_destination, LOG_TO_SYSLOG);
    assert_string_equal(config.log_directory, "/var/log/wcp");
    assert_int_equal(config.log_max_bytes, 65536);
    assert_int_equal(config.log_archives, 0);
    assert_string_equal(config.status_file, "/run/wcp/status.json");
    assert_false(config.watch_config);
    config_free(&config);
}

static void every_key_of_a_certificate_is_taken(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(4096);
    append_certificate(&text, 1);
    buf_append_text(&text,
                    "chain_path = \"/etc/ssl/chain\"\n"
                    "combined_path = \"/etc/ssl/combined\"\n"
                    "refresh_command = \" \\t/etc/init.d/S50nginx reload\\n \"\n"
                    "served_at = \"[::1]:8443\"\n"
                    "certificate_and_chain_permission = { mode = \"444\", owner = \"root\" }\n"
                    "key_permission = { mode = \"0440\", owner = \"0\", group = \"ssl\" }\n"
                    "combined_permission = { mode = \"0400\", group = \"haproxy\" }\n");
    struct config config = config_of(buf_text(&text));
    const struct certificate_config *one = &config.certificates[0];
    assert_string_equal(one->chain_path, "/etc/ssl/chain");
    assert_string_equal(one->combined_path, "/etc/ssl/combined");
    assert_string_equal(one->refresh_command, "/etc/init.d/S50nginx reload");
    assert_string_equal(one->served_at, "[::1]:8443");
    assert_int_equal(one->certificate_permission.mode, 0444);
    assert_string_equal(one->certificate_permission.owner, "root");
    assert_null(one->certificate_permission.group);
    assert_int_equal(one->key_permission.mode, 0440);
    assert_string_equal(one->key_permission.owner, "0");
    assert_string_equal(one->key_permission.group, "ssl");
    assert_int_equal(one->combined_permission.mode, 0400);
    assert_null(one->combined_permission.owner);
    assert_string_equal(one->combined_permission.group, "haproxy");
    config_free(&config);
}

static void paths_are_kept_without_what_means_nothing(void **state)
{
    (void)state;
    struct config config = config_of("[[capabilities.acm.certificates]]\n"
                                     "certificate_arn = \"" CERTIFICATE_ARN "1\"\n"
                                     "role_arn = \"" ROLE_ARN "\"\n"
                                     "certificate_path = \"//etc/./ssl///one.crt\"\n"
                                     "private_key_path = \"/./one.key\"\n");
    assert_string_equal(config.certificates[0].certificate_path, "/etc/ssl/one.crt");
    assert_string_equal(config.certificates[0].private_key_path, "/one.key");
    config_free(&config);
}

/* --- the destination of the log --- */

static void assert_log_destination(const char *text, enum log_destination expected)
{
    struct config config = config_of(text);
    assert_int_equal(config.log_destination, expected);
    config_free(&config);
}

static void the_log_goes_to_a_file_unless_something_else_is_said(void **state)
{
    (void)state;
    assert_log_destination("logging.log_to_file = true", LOG_TO_FILE);
    assert_log_destination("logging.log_to_file = false", LOG_TO_STDERR);
    assert_log_destination("log_to_file = false", LOG_TO_STDERR);
    assert_log_destination("edge.log_destination = \"stderr\"", LOG_TO_STDERR);
    assert_log_destination("edge.log_destination = \"syslog\"\nlogging.log_to_file = false",
                           LOG_TO_SYSLOG);
    assert_log_destination("logging.log_to_file = false\nedge.log_destination = \"file\"",
                           LOG_TO_FILE);
}

/* --- permissions --- */

static void assert_permission(const struct permission *permission, unsigned mode, const char *owner,
                              const char *group)
{
    const char *const expected[] = {owner, group};
    const char *const actual[] = {permission->owner, permission->group};
    assert_true(permission->given);
    assert_int_equal(permission->mode, mode);
    for (size_t i = 0; i < 2; i++)
        assert_true(str_equal(str_from(actual[i]), str_from(expected[i])) &&
                    (actual[i] == NULL) == (expected[i] == NULL));
}

/* A configuration with `defaults` in [capabilities.acm] and `own` in the only certificate. */
static struct config with_permissions(const char *defaults, const char *own)
{
    BUF_AUTO struct buf text = BUF(4096);
    buf_format(&text, "[capabilities.acm]\n%s\n", defaults);
    append_certificate(&text, 1);
    buf_append_text(&text, own);
    return config_of(buf_text(&text));
}

static void without_permissions_files_are_for_the_owner_alone(void **state)
{
    (void)state;
    struct config config = with_permissions("", "");
    assert_permission(&config.certificates[0].certificate_permission, 0600, NULL, NULL);
    assert_permission(&config.certificates[0].key_permission, 0600, NULL, NULL);
    assert_permission(&config.certificates[0].combined_permission, 0600, NULL, NULL);
    config_free(&config);
}

static void defaults_apply_where_a_certificate_says_nothing(void **state)
{
    (void)state;
    struct config config =
        with_permissions("default_certificate_permission = { mode = \"0644\", owner = \"web\" }\n"
                         "default_key_permission = { mode = \"0640\", group = \"ssl\" }\n",
                         "");
    assert_permission(&config.certificates[0].certificate_permission, 0644, "web", NULL);
    assert_permission(&config.certificates[0].key_permission, 0640, NULL, "ssl");
    assert_permission(&config.certificates[0].combined_permission, 0640, NULL, "ssl");
    config_free(&config);
}

/* A permission table replaces the default table as a whole: the default owner does not apply. */
static void a_certificates_own_permission_replaces_the_default(void **state)
{
    (void)state;
    struct config config = with_permissions(
        "default_certificate_permission = { mode = \"0644\", owner = \"web\" }\n"
        "default_key_permission = { mode = \"0640\", owner = \"web\", group = \"ssl\" }\n",
        "certificate_and_chain_permission = { mode = \"0444\" }\n"
        "key_permission = { mode = \"0000\" }\n");
    assert_permission(&config.certificates[0].certificate_permission, 0444, NULL, NULL);
    assert_permission(&config.certificates[0].key_permission, 0, NULL, NULL);
    assert_permission(&config.certificates[0].combined_permission, 0, NULL, NULL);
    config_free(&config);
}

static void the_combined_file_stands_as_the_key_unless_it_says_so_itself(void **state)
{
    (void)state;
    struct config config =
        with_permissions("default_key_permission = { mode = \"0640\", group = \"ssl\" }\n",
                         "combined_permission = { mode = \"0400\", owner = \"haproxy\" }\n");
    assert_permission(&config.certificates[0].key_permission, 0640, NULL, "ssl");
    assert_permission(&config.certificates[0].combined_permission, 0400, "haproxy", NULL);
    config_free(&config);
}

/* --- bounds --- */

static void fifty_certificates_are_taken(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(64 * 1024);
    for (unsigned i = 0; i < LIMIT_CERTIFICATES; i++)
        append_certificate(&text, i);
    struct config config = config_of(buf_text(&text));
    assert_int_equal(config.certificate_count, LIMIT_CERTIFICATES);
    assert_string_equal(config.certificates[49].arn, CERTIFICATE_ARN "49");
    assert_int_equal(config.certificates[49].line, 1 + 49 * 5);
    config_free(&config);
}

static void a_text_may_be_as_long_as_the_limit(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(LIMIT_CONFIGURATION + 2);
    buf_append_byte(&text, '#');
    while (text.length < LIMIT_CONFIGURATION)
        buf_append_byte(&text, 'x');
    struct config config = config_of(buf_text(&text));
    config_free(&config);
    buf_append_byte(&text, 'x');
    assert_config_errors(buf_text(&text),
                         "1: the text is 262145 bytes long, expected at most 262144\n");
}

static void a_freed_configuration_may_be_freed_again(void **state)
{
    (void)state;
    struct config config = config_of(upstreams_file);
    config_free(&config);
    assert_null(config.certificates);
    assert_int_equal(config.certificate_count, 0);
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_for_the_rust_agent_is_taken_as_it_is),
        cmocka_unit_test(the_same_with_a_byte_order_mark_and_crlf),
        cmocka_unit_test(an_empty_file_is_the_defaults),
        cmocka_unit_test(every_key_of_edge_is_taken),
        cmocka_unit_test(every_key_of_a_certificate_is_taken),
        cmocka_unit_test(paths_are_kept_without_what_means_nothing),
        cmocka_unit_test(the_log_goes_to_a_file_unless_something_else_is_said),
        cmocka_unit_test(without_permissions_files_are_for_the_owner_alone),
        cmocka_unit_test(defaults_apply_where_a_certificate_says_nothing),
        cmocka_unit_test(a_certificates_own_permission_replaces_the_default),
        cmocka_unit_test(the_combined_file_stands_as_the_key_unless_it_says_so_itself),
        cmocka_unit_test(fifty_certificates_are_taken),
        cmocka_unit_test(a_text_may_be_as_long_as_the_limit),
        cmocka_unit_test(a_freed_configuration_may_be_freed_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

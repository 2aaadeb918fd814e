/* All problems of a configuration are reported at once, in the order of the file, each with its
 * field and line. */
#include "base/format.h"
#include "base/limits.h"
#include "support/config_reports.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void all_errors_are_said_together(void **state)
{
    (void)state;
    assert_config_errors(
        "[logging]\n"
        "log_level = \"loud\"\n"
        "log_to_file = 1\n"
        "colour = true\n"
        "[capabilities.secrets_manager]\n"
        "http_port = 80\n"
        "[capabilities.secrets_manager.cache]\n"
        "size = 5\n"
        "[edge]\n"
        "log_archives = 101\n"
        "regoin = \"eu-west-1\"\n"
        "[capabilities.acm]\n"
        "default_key_permission = { mode = \"0999\", user = \"root\" }\n"
        "[[capabilities.acm.certificates]]\n"
        "certificate_arn = \"arn:aws:acm:eu-west-1:1:certificate/x\"\n"
        "role_arn = \"box\"\n"
        "certificate_path = \"x.pem\"\n"
        "private_key_path = \"/etc/ssl/../key.pem\"\n"
        "chain_path = \"/etc/ssl/\"\n"
        "combined_path = 5\n"
        "refresh_command = \"nginx -s reload\"\n"
        "served_at = \"443\"\n"
        "key_permission = { owner = \"root\" }\n"
        "[server]\n",
        "2: logging.log_level: must be one of debug, info, warn, error, none\n"
        "3: logging.log_to_file: expected a boolean, found an integer\n"
        "4: logging.colour: unknown key; check its spelling\n"
        "6: capabilities.secrets_manager.http_port: must be 0 or a number from 1024 to 65535\n"
        "8: capabilities.secrets_manager.cache.size: unknown key; check its spelling\n"
        "10: edge.log_archives: must be a number from 0 to 100\n"
        "11: edge.regoin: unknown key; check its spelling\n"
        "13: capabilities.acm.default_key_permission.mode: must be an octal mode of at most "
        "\"0777\", for example \"0640\"\n"
        "13: capabilities.acm.default_key_permission.user: unknown key; check its spelling\n"
        "15: capabilities.acm.certificates[0].certificate_arn: is not the ARN of an ACM "
        "certificate; expected arn:PARTITION:acm:REGION:ACCOUNT:certificate/ID with a 12-digit "
        "account\n"
        "16: capabilities.acm.certificates[0].role_arn: is not the ARN of an IAM role; expected "
        "arn:PARTITION:iam::ACCOUNT:role/NAME with a 12-digit account\n"
        "17: capabilities.acm.certificates[0].certificate_path: must be an absolute path, one that "
        "begins with '/'\n"
        "18: capabilities.acm.certificates[0].private_key_path: must not contain '..'; write the "
        "directory's canonical path\n"
        "19: capabilities.acm.certificates[0].chain_path: must name a file, not a directory\n"
        "20: capabilities.acm.certificates[0].combined_path: expected a string, found an integer\n"
        "21: capabilities.acm.certificates[0].refresh_command: must be a command with its full "
        "path, one that begins with '/'\n"
        "22: capabilities.acm.certificates[0].served_at: must be host:port or [IPv6 address]:port, "
        "for example \"127.0.0.1:443\"\n"
        "23: capabilities.acm.certificates[0].key_permission.mode: is required and missing\n"
        "24: server: unknown key; check its spelling\n");
}

static void errors_of_the_text_are_all_said_with_their_lines(void **state)
{
    (void)state;
    assert_config_errors(
        "log_level = DEBUG\n[logging\nlog_to_file = true\nx = 0600\n",
        "1: 'DEBUG' is not a value; expected a number, true, false, or text in quotes\n"
        "2: expected ']' after the name, found the end of the line\n"
        "4: '0600' is not a valid number; write octal as 0o600, and text in quotes\n");
}

static void unknown_keys_are_named_at_every_level(void **state)
{
    (void)state;
    static const char *const places[] = {"",
                                         "logging.",
                                         "capabilities.",
                                         "edge.",
                                         "capabilities.acm.",
                                         "capabilities.secrets_manager.",
                                         "capabilities.secrets_manager.cache.",
                                         "capabilities.secrets_manager.security.",
                                         "capabilities.secrets_manager.prefetch."};
    static const char *const keys[] = {"Enabled", "x-y"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            BUF_AUTO struct buf text = BUF(256);
            BUF_AUTO struct buf error = BUF(256);
            buf_format(&text, "\n%s%s = true", places[i], keys[k]);
            buf_format(&error, "2: %s%s: unknown key; check its spelling\n", places[i], keys[k]);
            assert_config_errors(buf_text(&text), buf_text(&error));
        }
    }
}

static void an_unknown_key_is_shown_printable(void **state)
{
    (void)state;
    assert_config_errors("\"a b\\n\\u009b2J\" = 1\n\"\" = 2\n",
                         "1: \"a b\\u000a??2J\": unknown key; check its spelling\n"
                         "2: \"\": unknown key; check its spelling\n");
}

static void ours_is_no_key_of_upstreams_tables(void **state)
{
    (void)state;
    assert_config_error("capabilities.acm.region = 'eu-west-1'", "unknown key");
    assert_config_error("edge.log_level = 'debug'", "unknown key");
}

/* --- certificates --- */

static void a_certificate_without_a_required_key_gets_no_further_errors(void **state)
{
    (void)state;
    assert_config_errors(
        "[[capabilities.acm.certificates]]\n"
        "certificate_arn = 5\n"
        "role_arn = \"wrong\"\n"
        "private_key_path = \"wrong\"\n"
        "colour = 1\n"
        "[[capabilities.acm.certificates]]\n"
        "certificate_arn = 5\n",
        "1: capabilities.acm.certificates[0].certificate_path: is required and missing\n"
        "5: capabilities.acm.certificates[0].colour: unknown key; check its spelling\n"
        "6: capabilities.acm.certificates[1].role_arn: is required and missing\n"
        "6: capabilities.acm.certificates[1].certificate_path: is required and missing\n"
        "6: capabilities.acm.certificates[1].private_key_path: is required and missing\n");
}

static void disabled_sections_are_checked_all_the_same(void **state)
{
    (void)state;
    assert_config_errors(
        "[capabilities.acm]\nenabled = false\ncertificates = [{}]\n"
        "[capabilities.secrets_manager]\nenabled = false\nmax_roles = 0\n",
        "3: capabilities.acm.certificates[0].certificate_arn: is required and "
        "missing\n"
        "3: capabilities.acm.certificates[0].role_arn: is required and missing\n"
        "3: capabilities.acm.certificates[0].certificate_path: is required and "
        "missing\n"
        "3: capabilities.acm.certificates[0].private_key_path: is required and "
        "missing\n"
        "6: capabilities.secrets_manager.max_roles: must be a number from 1 to 20\n");
}

static void an_arn_is_used_once(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(4096);
    append_certificate(&text, 1);
    append_certificate(&text, 2);
    buf_append_text(&text, "[[capabilities.acm.certificates]]\n"
                           "certificate_arn = \"" CERTIFICATE_ARN "1\"\n"
                           "role_arn = \"" ROLE_ARN "\"\n"
                           "certificate_path = \"/etc/3.crt\"\n"
                           "private_key_path = \"/etc/3.key\"\n");
    assert_config_errors(buf_text(&text),
                         "12: capabilities.acm.certificates[2].certificate_arn: is already used by "
                         "certificates[0].certificate_arn in line 2; each must be different\n");
}

static void a_path_is_used_once_within_a_certificate(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(4096);
    append_certificate(&text, 1);
    buf_append_text(&text,
                    "chain_path = \"/etc//ssl/./1.key\"\ncombined_path = \"/etc/ssl/1.crt\"\n");
    assert_config_errors(buf_text(&text),
                         "6: capabilities.acm.certificates[0].chain_path: is already used by "
                         "certificates[0].private_key_path in line 5; each must be different\n"
                         "7: capabilities.acm.certificates[0].combined_path: is already used by "
                         "certificates[0].certificate_path in line 4; each must be different\n");
}

static void a_path_is_used_once_across_certificates(void **state)
{
    (void)state;
    static const char *const members[] = {"chain_path", "combined_path"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        BUF_AUTO struct buf text = BUF(4096);
        BUF_AUTO struct buf errors = BUF(4096);
        append_certificate(&text, 1);
        append_certificate(&text, 2);
        buf_format(&text, "%s = \"/./etc/ssl//1.key\"\n", members[i]);
        buf_format(&errors,
                   "11: capabilities.acm.certificates[1].%s: is already used by "
                   "certificates[0].private_key_path in line 5; each must be different\n",
                   members[i]);
        assert_config_errors(buf_text(&text), buf_text(&errors));
    }
}

static void at_most_fifty_certificates_are_taken(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(64 * 1024);
    buf_append_text(&text, "[capabilities]\n\n");
    for (unsigned i = 0; i < LIMIT_CERTIFICATES + 1; i++)
        append_certificate(&text, i);
    assert_config_errors(buf_text(&text), "3: capabilities.acm.certificates: has 51 certificates; "
                                          "the maximum is 50\n");
}

static void certificates_beyond_the_limit_are_checked_too(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(64 * 1024);
    for (unsigned i = 0; i < LIMIT_CERTIFICATES + 2; i++)
        append_certificate(&text, i);
    buf_append_text(&text, "served_at = \"x\"\n");
    assert_config_error(buf_text(&text),
                        "261: capabilities.acm.certificates[51].served_at: must be");
}

static void permissions_obey_their_rules_wherever_they_stand(void **state)
{
    (void)state;
    static const char *const tables[] = {"certificate_and_chain_permission", "key_permission",
                                         "combined_permission"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        BUF_AUTO struct buf text = BUF(4096);
        BUF_AUTO struct buf errors = BUF(4096);
        append_certificate(&text, 1);
        buf_format(&text,
                   "[capabilities.acm.certificates.%s]\nmode = 0o600\nowner = ''\ngroup = 'a b'\n",
                   tables[i]);
        buf_format(
            &errors,
            "7: capabilities.acm.certificates[0].%s.mode: expected a string, found an integer\n"
            "8: capabilities.acm.certificates[0].%s.owner: must be the name or the number of "
            "an account, 1 to 32 characters\n"
            "9: capabilities.acm.certificates[0].%s.group: may contain only letters, digits and "
            ". _ - $\n",
            tables[i], tables[i], tables[i]);
        assert_config_errors(buf_text(&text), buf_text(&errors));
    }
}

/* --- the legacy form --- */

static const char *const legacy_keys[] = {
    "log_level = 'debug'",
    "log_to_file = true",
    "http_port = 2773",
    "ttl_seconds = 300",
    "cache_size = 10",
    "ssrf_headers = ['a']",
    "ssrf_env_variables = ['a']",
    "path_prefix = '/'",
    "max_conn = 10",
    "region = 'eu-west-1'",
    "ignore_transient_errors = true",
    "validate_credentials = true",
    "credentials_file_path = '/x'",
};

static void legacy_keys_do_not_stand_beside_the_tables_that_replaced_them(void **state)
{
    (void)state;
    static const char *const tables[] = {"[logging]", "[capabilities]", "[capabilities.acm]"};
    for (size_t i = 0; i < sizeof legacy_keys / sizeof legacy_keys[0]; i++) {
        for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
            BUF_AUTO struct buf text = BUF(256);
            BUF_AUTO struct buf error = BUF(256);
            buf_format(&text, "%s\n%s\n", legacy_keys[i], tables[t]);
            buf_format(&error,
                       "1: %.*s: is a key of the old form without tables, which cannot be mixed "
                       "with [logging] "
                       "or [capabilities]; move it into its table\n",
                       (int)strcspn(legacy_keys[i], " "), legacy_keys[i]);
            assert_config_errors(buf_text(&text), buf_text(&error));
        }
    }
}

static void all_legacy_keys_that_stand_beside_tables_are_named(void **state)
{
    (void)state;
    assert_config_errors(
        "region = 'x'\nmax_conn = 0\n[logging]\n",
        "1: region: is a key of the old form without tables, which cannot be mixed with "
        "[logging] or [capabilities]; move it into its table\n"
        "2: max_conn: must be a number from 1 to 1000\n"
        "2: max_conn: is a key of the old form without tables, which cannot be mixed with "
        "[logging] or [capabilities]; move it into its table\n");
}

static void two_legacy_keys_are_overlooked_as_upstream_does(void **state)
{
    (void)state;
    struct config config = config_of("max_roles = 5\nprefetch = {}\n[capabilities.acm]\n");
    config_free(&config);
}

static void legacy_keys_may_stand_beside_edge(void **state)
{
    (void)state;
    struct config config = config_of("log_level = 'ERROR'\n[edge]\nregion = 'eu-west-1'\n");
    assert_int_equal(config.log_level, LOG_LEVEL_ERROR);
    config_free(&config);
}

/* --- limits of the report --- */

static void more_errors_than_anyone_reads_are_left_out(void **state)
{
    (void)state;
    struct config config;
    struct problems problems = {0};
    BUF_AUTO struct buf text = BUF(64 * 1024);
    for (unsigned i = 0; i < PROBLEMS_MAX + 100; i++)
        buf_format(&text, "unknown-%u = 1\n", i);
    assert_false(config_parse(buf_str(&text), &config, &problems));
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_true(problems.overflowed);
    assert_int_equal(problems.list[PROBLEMS_MAX - 1].line, PROBLEMS_MAX);
    problems_free(&problems);
}

static void as_many_errors_as_fit_are_all_there(void **state)
{
    (void)state;
    struct config config;
    struct problems problems = {0};
    BUF_AUTO struct buf text = BUF(64 * 1024);
    for (unsigned i = 0; i < PROBLEMS_MAX; i++)
        buf_format(&text, "unknown-%u = 1\n", i);
    assert_false(config_parse(buf_str(&text), &config, &problems));
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_false(problems.overflowed);
    problems_free(&problems);
}

static void problems_stand_in_the_order_of_the_file(void **state)
{
    (void)state;
    struct problems problems = {0};
    problems_add(&problems, 7, 2, "c");
    problems_add(&problems, 7, 1, "b1");
    problems_add(&problems, 9, 1, "d\n%s", "\x1b");
    problems_add(&problems, 0, 0, "a");
    problems_add(&problems, 7, 1, "b2");
    problems_sort(&problems);
    static const char *const expected[] = {"a", "b1", "b2", "c", "d??"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_string_equal(problems.list[i].text, expected[i]);
    problems_free(&problems);
    assert_int_equal(problems.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_errors_are_said_together),
        cmocka_unit_test(errors_of_the_text_are_all_said_with_their_lines),
        cmocka_unit_test(unknown_keys_are_named_at_every_level),
        cmocka_unit_test(an_unknown_key_is_shown_printable),
        cmocka_unit_test(ours_is_no_key_of_upstreams_tables),
        cmocka_unit_test(a_certificate_without_a_required_key_gets_no_further_errors),
        cmocka_unit_test(disabled_sections_are_checked_all_the_same),
        cmocka_unit_test(an_arn_is_used_once),
        cmocka_unit_test(a_path_is_used_once_within_a_certificate),
        cmocka_unit_test(a_path_is_used_once_across_certificates),
        cmocka_unit_test(at_most_fifty_certificates_are_taken),
        cmocka_unit_test(certificates_beyond_the_limit_are_checked_too),
        cmocka_unit_test(permissions_obey_their_rules_wherever_they_stand),
        cmocka_unit_test(legacy_keys_do_not_stand_beside_the_tables_that_replaced_them),
        cmocka_unit_test(all_legacy_keys_that_stand_beside_tables_are_named),
        cmocka_unit_test(two_legacy_keys_are_overlooked_as_upstream_does),
        cmocka_unit_test(legacy_keys_may_stand_beside_edge),
        cmocka_unit_test(more_errors_than_anyone_reads_are_left_out),
        cmocka_unit_test(as_many_errors_as_fit_are_all_there),
        cmocka_unit_test(problems_stand_in_the_order_of_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The status file: what is written is read, hostile bytes do no harm, and the metrics. */
#include "status/status.h"

#include "base/file.h"
#include "base/format.h"
#include "build_info.h"
#include "support/data.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ARN "arn:aws:acm:eu-central-1:123456789012:certificate/a"
#define HEADING                                                                                    \
    "{\"agent\":{\"format\":1,\"pid\":123,\"version\":\"" WCP_VERSION                              \
    "\",\"started\":\"2026-06-11T04:00:00Z\",\"written\":\"2026-06-11T04:05:06Z\","                \
    "\"config\":\"/etc/config.toml\""

enum { NOW = 1781150706, STARTED = 1781150400, DAY = 86400 };

static struct certificate_config certificates[2];
static struct config config;
static struct certificate_status statuses[2];
static struct agent_status agent;
static char last[SHA256_HEX_SIZE]; /* as status_write keeps it */

/* The test's directory is the working directory. */
static int setup(void **state)
{
    int result = scratch_setup(state);
    setenv("WCP_TEST_CLOCK", "1781150706", 1);
    certificates[0] =
        (struct certificate_config){.arn = (char *)(uintptr_t)ARN,
                                    .certificate_path = (char *)(uintptr_t) "/etc/ssl/a \"1\".pem"};
    certificates[1] = (struct certificate_config){.arn = (char *)(uintptr_t) "b",
                                                  .certificate_path = (char *)(uintptr_t) "/b"};
    config = (struct config){.certificates = certificates, .certificate_count = 1};
    memset(statuses, 0, sizeof statuses);
    agent = (struct agent_status){.config = &config,
                                  .config_path = "/etc/config.toml",
                                  .pid = 123,
                                  .started = STARTED,
                                  .written = NOW,
                                  .certificates = statuses};
    last[0] = '\0';
    return result == 0 && chdir(*state) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    unsetenv("WCP_TEST_CLOCK");
    return scratch_teardown(state);
}

static void write_here(void)
{
    struct error error = {0};
    FD_AUTO int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!status_write(&agent, here, last, &error))
        fail_msg("%s", error.message);
}

static void assert_text(const char *path, const char *expected)
{
    BUF_AUTO struct buf text = BUF(1 << 20);
    struct error error = {0};
    if (!file_read(path, "file", &text, &error))
        fail_msg("%s", error.message);
    assert_same_text(buf_str(&text), str_from(expected));
}

static void read_text(const char *text, struct status_report *report)
{
    struct error error = {0};
    scratch_write("status.json", str_from(text), 0600);
    if (!status_read("status.json", report, &error))
        fail_msg("%s: %s", text, error.message);
}

static void assert_unreadable(struct str text, const char *part)
{
    struct status_report report;
    struct error error = {0};
    scratch_write("status.json", text, 0600);
    assert_false(status_read("status.json", &report, &error));
    if (strstr(error.message, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
    status_free(&report);
}

static void what_there_is_nothing_to_say_about_is_left_out(void **state)
{
    (void)state;
    write_here();
    assert_text("status.json",
                HEADING "},\"certificates\":[\n{\"arn\":\"" ARN
                        "\",\"certificate_path\":\"/etc/ssl/a \\\"1\\\".pem\",\"state\":"
                        "\"waiting\",\"failures\":0,\"command_pending\":false,\"served\":"
                        "\"unknown\"}]}\n");
}

static void fill(void)
{
    config.certificate_count = 2;
    agent.waiting = "the clock";
    agent.rejected = "line 3: \\ is wrong";
    agent.credentials = "profile box";
    agent.credentials_until = NOW + 3600;
    statuses[0] = (struct certificate_status){.health = HEALTH_FAILING,
                                              .reason = (char *)(uintptr_t) "denied; let it",
                                              .failures = 3,
                                              .not_after = NOW + 10 * DAY + 1,
                                              .last_attempt = NOW - 1,
                                              .last_success = NOW - DAY,
                                              .next_attempt = NOW + 60,
                                              .hook_pending = true,
                                              .served = SERVED_OTHER,
                                              .served_not_after = NOW - DAY};
    statuses[1].health = HEALTH_FRESH;
    statuses[1].served = SERVED_SAME;
}

static void everything_is_written(void **state)
{
    (void)state;
    fill();
    write_here();
    assert_text("status.json", HEADING
                ",\"waiting\":\"the clock\",\"rejected\":\"line 3: \\\\ is wrong\","
                "\"credentials\":\"profile box\",\"credentials_until\":\"2026-06-11T05:05:06Z\"},"
                "\"certificates\":[\n{\"arn\":\"" ARN
                "\",\"certificate_path\":\"/etc/ssl/a \\\"1\\\".pem\",\"state\":\"failing\","
                "\"failures\":3,\"reason\":\"denied; let it\","
                "\"not_after\":\"2026-06-21T04:05:07Z\",\"last_attempt\":\"2026-06-11T04:05:05Z\","
                "\"last_success\":\"2026-06-10T04:05:06Z\","
                "\"next_attempt\":\"2026-06-11T04:06:06Z\",\"command_pending\":true,"
                "\"served\":\"other\",\"served_not_after\":\"2026-06-10T04:05:06Z\"},\n"
                "{\"arn\":\"b\",\"certificate_path\":\"/b\",\"state\":\"fresh\",\"failures\":0,"
                "\"command_pending\":false,\"served\":\"same\"}]}\n");
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct status_report report;
    struct error error = {0};
    fill();
    write_here();
    assert_true(status_read("status.json", &report, &error));
    assert_int_equal(report.agent.pid, 123);
    assert_int_equal(report.agent.started, STARTED);
    assert_int_equal(report.agent.written, NOW);
    assert_string_equal(report.agent.version, WCP_VERSION);
    assert_string_equal(report.agent.config_path, "/etc/config.toml");
    assert_string_equal(report.agent.waiting, "the clock");
    assert_string_equal(report.agent.rejected, "line 3: \\ is wrong");
    assert_string_equal(report.agent.credentials, "profile box");
    assert_int_equal(report.agent.credentials_until, NOW + 3600);
    assert_int_equal(report.count, 2);
    const struct status_certificate *read = &report.certificates[0];
    assert_string_equal(read->arn, ARN);
    assert_string_equal(read->certificate_path, "/etc/ssl/a \"1\".pem");
    assert_int_equal(read->status.health, HEALTH_FAILING);
    assert_int_equal(read->status.failures, 3);
    assert_string_equal(read->status.reason, "denied; let it");
    assert_int_equal(read->status.not_after, NOW + 10 * DAY + 1);
    assert_int_equal(read->status.last_attempt, NOW - 1);
    assert_int_equal(read->status.last_success, NOW - DAY);
    assert_int_equal(read->status.next_attempt, NOW + 60);
    assert_int_equal(read->status.hook_pending, 1);
    assert_int_equal(read->status.served, SERVED_OTHER);
    assert_int_equal(read->status.served_not_after, NOW - DAY);
    assert_int_equal(report.certificates[1].status.health, HEALTH_FRESH);
    assert_int_equal(report.certificates[1].status.served, SERVED_SAME);
    assert_null(report.certificates[1].status.reason);
    status_free(&report);
}

static void the_file_is_replaced_as_one_and_readable_by_all(void **state)
{
    (void)state;
    struct stat status;
    scratch_write("victim", STR("untouched"), 0600);
    assert_int_equal(symlink("victim", "status.json"), 0);
    assert_int_equal(symlink("victim", "status.json.new"), 0);
    mode_t before = umask(0777);
    write_here();
    umask(before);
    assert_text("victim", "untouched");
    assert_int_equal(lstat("status.json", &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(status.st_mode & 07777, 0644);
    assert_int_equal(access("status.json.new", F_OK), -1);
}

static void the_configured_place_wins(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    struct error error = {0};
    config.status_file = (char *)(uintptr_t)scratch_path(state, "elsewhere.json", path);
    assert_true(status_write(&agent, -1, last, &error));
    assert_int_equal(access("elsewhere.json", F_OK), 0);
    config.status_file = (char *)(uintptr_t) "/nowhere/at/all.json";
    assert_false(status_write(&agent, -1, last, &error));
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_string_equal(error.message,
                        "cannot write the status file /nowhere/at/all.json: No such file or "
                        "directory");
}

static void without_a_place_nothing_is_written(void **state)
{
    (void)state;
    struct error error = {0};
    assert_true(status_write(&agent, -1, last, &error));
    assert_int_equal(access("status.json", F_OK), -1);
}

static void what_is_no_status_file_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",   "{",
                                        "[]", "{}",
                                        "1",  "{\"agent\":{\"format\":2}}",
                                        "{}", "{\"agent\":{\"format\":1}} x"};
    BUF_AUTO struct buf large = BUF(2 * LIMIT_STATUS_FILE);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_unreadable(str_from(texts[i]), "status.json is not a status file");
    while (large.length <= LIMIT_STATUS_FILE)
        buf_append_byte(&large, ' ');
    assert_unreadable(buf_str(&large), "the status file status.json is larger than");
    unlink("status.json");
    assert_int_equal(mkfifo("status.json", 0600), 0);
    struct status_report report;
    struct error error = {0};
    assert_false(status_read("status.json", &report, &error));
}

static void values_of_other_types_are_as_absent(void **state)
{
    (void)state;
    struct status_report report;
    read_text("{\"agent\":{\"format\":1,\"pid\":\"x\",\"version\":7,\"started\":\"yesterday\","
              "\"written\":\"1960-01-01T00:00:00Z\"},\"certificates\":["
              "{\"arn\":\"a\",\"certificate_path\":\"/a\",\"state\":\"splendid\",\"served\":1,"
              "\"failures\":[],\"command_pending\":1,\"reason\":{},\"not_after\":17},"
              "{\"arn\":\"no path\",\"reason\":\"lost\"},7,[],"
              "{\"certificate_path\":\"/no/arn\"},"
              "{\"arn\":\"b\",\"certificate_path\":\"/b\"}]}",
              &report);
    assert_int_equal(report.agent.pid, 0);
    assert_null(report.agent.version);
    assert_int_equal(report.agent.started, 0);
    assert_int_equal(report.agent.written, 0);
    assert_int_equal(report.count, 2);
    assert_int_equal(report.certificates[0].status.health, HEALTH_WAITING);
    assert_int_equal(report.certificates[0].status.served, SERVED_UNKNOWN);
    assert_int_equal(report.certificates[0].status.failures, 0);
    assert_int_equal(report.certificates[0].status.hook_pending, 0);
    assert_int_equal(report.certificates[0].status.not_after, 0);
    assert_null(report.certificates[0].status.reason);
    assert_string_equal(report.certificates[1].arn, "b");
    assert_null(report.certificates[1].status.reason);
    status_free(&report);
}

static void texts_are_made_printable(void **state)
{
    (void)state;
    struct status_report report;
    read_text("{\"agent\":{\"format\":1,\"waiting\":\"a\\u001b[2J\\nb\"},\"certificates\":["
              "{\"arn\":\"a\\n\",\"certificate_path\":\"/\\u202e\"}]}",
              &report);
    assert_string_equal(report.agent.waiting, "a?[2J?b");
    assert_string_equal(report.certificates[0].arn, "a?");
    assert_string_equal(report.certificates[0].certificate_path, "/???");
    status_free(&report);
}

static void more_certificates_than_may_be_are_cut_off(void **state)
{
    (void)state;
    struct status_report report;
    BUF_AUTO struct buf text = BUF(1 << 20);
    buf_append_text(&text, "{\"agent\":{\"format\":1},\"certificates\":[");
    for (unsigned i = 0; i < LIMIT_CERTIFICATES + 10; i++)
        buf_format(&text, "%s{\"arn\":\"a\",\"certificate_path\":\"/a\"}", i > 0 ? "," : "");
    buf_append_text(&text, "]}");
    read_text(buf_text(&text), &report);
    assert_int_equal(report.count, LIMIT_CERTIFICATES);
    status_free(&report);
}

static void days_are_rounded_down(void **state)
{
    (void)state;
    static const int64_t cases[][2] = {{0, 0},           {1, 0},   {DAY - 1, 0}, {DAY, 1},
                                       {2 * DAY - 1, 1}, {-1, -1}, {-DAY, -1},   {-DAY - 1, -2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(status_days_left(NOW + cases[i][0], NOW), cases[i][1]);
}

static void what_is_computed_is_in_json_for_others(void **state)
{
    (void)state;
    struct status_report report = {.agent = {.format = 1, .running = 1}, .count = 1};
    BUF_AUTO struct buf out = BUF(4096);
    report.certificates[0] = (struct status_certificate){
        .arn = "a", .certificate_path = "/a", .status = {.not_after = NOW - 1}};
    status_append_json(&out, &report, NOW);
    assert_same_text(buf_str(&out),
                     STR("{\"agent\":{\"format\":1,\"pid\":0,\"running\":true},\"certificates\":["
                         "\n{\"arn\":\"a\",\"certificate_path\":\"/a\",\"state\":\"waiting\","
                         "\"failures\":0,\"not_after\":\"2026-06-11T04:05:05Z\","
                         "\"command_pending\":false,\"served\":\"unknown\",\"days_left\":-1,"
                         "\"healthy\":false}]}\n"));
}

#define METRIC(name, text)                                                                         \
    "# HELP wcp_" name " " text " in wcp-tiny status --json\n# TYPE wcp_" name " gauge\n"
#define OF_A "{arn=\"" ARN "\",path=\"/etc/ssl/a \\\"1\\\".pem\"} "
#define OF_B "{arn=\"b\",path=\"/b\"} "

static void metrics_are_in_prometheus_format(void **state)
{
    (void)state;
    struct status_report report;
    struct error error = {0};
    BUF_AUTO struct buf out = BUF(1 << 20);
    fill();
    write_here();
    assert_true(status_read("status.json", &report, &error));
    report.certificates[1].healthy = 1;
    status_append_metrics(&out, &report);
    status_free(&report);
    assert_same_text(
        buf_str(&out),
        STR(METRIC("agent_written_timestamp_seconds", "written") //
            "wcp_agent_written_timestamp_seconds 1781150706\n"   //
            METRIC("agent_running", "running")                   //
            "wcp_agent_running 0\n"                              //
            METRIC("certificate_failures", "failures")           //
            "wcp_certificate_failures" OF_A "3\n"
            "wcp_certificate_failures" OF_B "0\n"                                //
            METRIC("certificate_not_after_timestamp_seconds", "not_after")       //
            "wcp_certificate_not_after_timestamp_seconds" OF_A "1782014707\n"    //
            METRIC("certificate_last_attempt_timestamp_seconds", "last_attempt") //
            "wcp_certificate_last_attempt_timestamp_seconds" OF_A "1781150705\n" //
            METRIC("certificate_last_success_timestamp_seconds", "last_success") //
            "wcp_certificate_last_success_timestamp_seconds" OF_A "1781064306\n" //
            METRIC("certificate_next_attempt_timestamp_seconds", "next_attempt") //
            "wcp_certificate_next_attempt_timestamp_seconds" OF_A "1781150766\n" //
            METRIC("certificate_command_pending", "command_pending")             //
            "wcp_certificate_command_pending" OF_A "1\n"
            "wcp_certificate_command_pending" OF_B "0\n" //
            METRIC("certificate_served", "served")       //
            "wcp_certificate_served" OF_A "0\n"
            "wcp_certificate_served" OF_B "1\n"                                          //
            METRIC("certificate_served_not_after_timestamp_seconds", "served_not_after") //
            "wcp_certificate_served_not_after_timestamp_seconds" OF_A "1781064306\n"     //
            METRIC("certificate_healthy", "healthy")                                     //
            "wcp_certificate_healthy" OF_A "0\n"
            "wcp_certificate_healthy" OF_B "1\n"));
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(what_there_is_nothing_to_say_about_is_left_out),
        IN_SCRATCH(everything_is_written),
        IN_SCRATCH(what_is_written_is_read),
        IN_SCRATCH(the_file_is_replaced_as_one_and_readable_by_all),
        IN_SCRATCH(the_configured_place_wins),
        IN_SCRATCH(without_a_place_nothing_is_written),
        IN_SCRATCH(what_is_no_status_file_is_refused),
        IN_SCRATCH(values_of_other_types_are_as_absent),
        IN_SCRATCH(texts_are_made_printable),
        IN_SCRATCH(more_certificates_than_may_be_are_cut_off),
        IN_SCRATCH(days_are_rounded_down),
        IN_SCRATCH(what_is_computed_is_in_json_for_others),
        IN_SCRATCH(metrics_are_in_prometheus_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* wcp-tiny status: what the resident agent knows; without one, what the files on disk say. */
#include "status/status.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "command/command.h"
#include "pki/certificate.h"
#include "supervisor/run_directory.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

enum {
    PATH_COLUMNS = 29, /* what is left of 80 */
    MINUTE_LENGTH = sizeof "2026-06-11 04:05" - 1,
    DEFAULT_INTERVAL_HOURS = 24,
};

struct view {
    struct status_report report;
    int64_t now;
    bool from_file;
};

/* The agent writes it where it may: see run_directory_open. */
static bool read_report(const struct options *options, const struct config *config,
                        struct status_report *report, struct error *error)
{
    char directory[RUN_DIRECTORY_PATH_SIZE];
    BUF_AUTO struct buf path = BUF(PATH_MAX);
    run_directory_path(options->config_path, directory);
    if (config->status_file != NULL)
        buf_append_text(&path, config->status_file);
    else
        buf_format(&path, "%s/" STATUS_FILE_NAME, directory);
    if (config->status_file == NULL && config->log_directory != NULL &&
        access(buf_text(&path), F_OK) != 0) {
        buf_clear(&path);
        buf_format(&path, "%s/" STATUS_FILE_NAME, config->log_directory);
    }
    return status_read(buf_text(&path), report, error);
}

static void list_configured(const struct config *config, struct status_report *report)
{
    report->agent = (struct status_agent){.format = STATUS_FORMAT};
    report->count = config->certificate_count;
    for (size_t i = 0; i < report->count; i++)
        report->certificates[i] = (struct status_certificate){
            .arn = config->certificates[i].arn,
            .certificate_path = config->certificates[i].certificate_path,
        };
}

/* What the agent does not know, the installed file may. */
static void look_at_file(struct status_certificate *certificate)
{
    BUF_AUTO struct buf pem = BUF(LIMIT_INSTALLED_FILE);
    struct certificate_facts facts;
    struct error error;
    if (file_read(certificate->certificate_path, "certificate", &pem, &error) &&
        certificate_read(buf_str(&pem), &facts, &error))
        certificate->status.not_after = facts.not_after;
    else
        complain("%s: %s", certificate->arn, error.message);
}

/* A certificate must outlast its next try, and another should that one fail. True when all are
 * healthy. */
static bool judge(struct view *view, const struct config *config)
{
    uint32_t hours = config->refresh_interval_hours;
    int64_t interval = (int64_t)(hours > 0 ? hours : DEFAULT_INTERVAL_HOURS) * 3600;
    bool all = true;
    for (size_t i = 0; i < view->report.count; i++) {
        struct status_certificate *certificate = &view->report.certificates[i];
        int64_t next = certificate->status.next_attempt;
        if (certificate->status.not_after == 0)
            look_at_file(certificate);
        certificate->healthy =
            certificate->status.health != HEALTH_FAILING &&
            certificate->status.not_after >= (next > view->now ? next : view->now) + interval;
        all = all && certificate->healthy;
    }
    return all;
}

/* --- the table ------------------------------------------------------------------------------- */

static const char *format_minute(int64_t time, char out[CLOCK_ISO8601_SIZE])
{
    clock_format_iso8601(time, out);
    out[10] = ' ';
    out[MINUTE_LENGTH] = '\0';
    return time == 0 ? "-" : out;
}

static const char *state_of(const struct view *view, const struct status_certificate *certificate)
{
    if (certificate->status.health == HEALTH_FAILING)
        return "failing";
    if (certificate->status.not_after == 0)
        return "absent";
    if (certificate->status.not_after <= view->now)
        return "expired";
    if (!certificate->healthy)
        return "expiring";
    if (certificate->status.hook_pending != 0)
        return "pending";
    return view->from_file ? status_names[certificate->status.health] : "-";
}

static void append_row(struct buf *out, const struct view *view,
                       const struct status_certificate *certificate)
{
    char success[CLOCK_ISO8601_SIZE];
    char next[CLOCK_ISO8601_SIZE];
    char days[24] = "-";
    struct str path = str_from(certificate->certificate_path);
    bool cut = path.length > PATH_COLUMNS;
    if (certificate->status.not_after != 0)
        format_text(days, sizeof days, "%lld",
                    (long long)status_days_left(certificate->status.not_after, view->now));
    buf_format(out, "%8s %5s %16s %16s  %s%s\n", state_of(view, certificate), days,
               format_minute(certificate->status.last_success, success),
               format_minute(certificate->status.next_attempt, next), cut ? ".." : "",
               path.data + (cut ? path.length - PATH_COLUMNS + 2 : 0));
}

static void append_remarks(struct buf *out, const struct status_certificate *certificate)
{
    const char *path = certificate->certificate_path;
    char until[CLOCK_ISO8601_SIZE];
    if (certificate->status.reason != NULL)
        buf_format(out, "%s (%s), failure #%lld: %s\n", path, certificate->arn,
                   (long long)certificate->status.failures, certificate->status.reason);
    if (certificate->status.served != SERVED_UNKNOWN)
        buf_format(out, "%s: its server presents: %s, until %s\n", path,
                   status_names[STATUS_SERVED + certificate->status.served],
                   format_minute(certificate->status.served_not_after, until));
}

static void append_agent(struct buf *out, const struct view *view, const struct error *error)
{
    const struct status_agent *agent = &view->report.agent;
    char started[CLOCK_ISO8601_SIZE];
    char written[CLOCK_ISO8601_SIZE];
    buf_format(out, "The agent %s\n", agent->running != 0 ? "runs" : "is not running");
    if (view->from_file)
        buf_format(out, "wcp-tiny %s, pid %lld, started %s UTC\nStatus of %s UTC\n", agent->version,
                   (long long)agent->pid, format_minute(agent->started, started),
                   format_minute(agent->written, written));
    else
        buf_format(out, "No status (%s): these are the files on disk\n", error->message);
    if (agent->waiting != NULL)
        buf_format(out, "Waiting: %s\n", agent->waiting);
    if (agent->rejected != NULL)
        buf_format(out, "The new configuration is not in force: %s\n", agent->rejected);
}

/* For a serial console of 80 columns; what explains a row stands below. */
static void append_table(struct buf *out, const struct view *view, const struct error *error)
{
    append_agent(out, view, error);
    buf_format(out, "\n   STATE  DAYS     LAST SUCCESS         NEXT TRY  CERTIFICATE\n");
    for (size_t i = 0; i < view->report.count; i++)
        append_row(out, view, &view->report.certificates[i]);
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < view->report.count; i++)
        append_remarks(out, &view->report.certificates[i]);
}

static bool print(const struct options *options, const struct view *view, const struct error *error)
{
    BUF_AUTO struct buf out = BUF(4 * LIMIT_STATUS_FILE);
    if (options->prometheus)
        status_append_metrics(&out, &view->report);
    else if (options->json)
        status_append_json(&out, &view->report, view->now);
    else
        append_table(&out, view, error);
    return !out.failed && write_all(STDOUT_FILENO, buf_str(&out));
}

/* Whose lock may not be looked at, is there as long as the process that wrote the status is. */
static void find_agent(const char *config_path, struct status_agent *agent)
{
    pid_t pid = run_directory_agent_pid(config_path);
    if (pid != 0)
        agent->pid = pid;
    agent->running = pid != 0 || (geteuid() != 0 && agent->pid > 0 &&
                                  (kill((pid_t)agent->pid, 0) == 0 || errno == EPERM));
}

int command_status(const struct options *options)
{
    struct config config = {0};
    struct view view = {.now = clock_now()};
    struct error error = error_none();
    int code = EXIT_DONE;
    /* A configuration that is wrong is not in force, and what is has a status all the same. */
    bool loaded = command_load_config(options, &config, &code);
    view.from_file = read_report(options, &config, &view.report, &error);
    if (!view.from_file)
        list_configured(&config, &view.report);
    find_agent(options->config_path, &view.report.agent);
    bool healthy = judge(&view, &config);
    if (view.from_file || loaded) {
        bool printed = print(options, &view, &error);
        /* What others may not read may well be in force. */
        if (loaded || (code == EXIT_NOT_ALLOWED && geteuid() != 0))
            code = printed && healthy ? EXIT_DONE : EXIT_FAILED;
    }
    status_free(&view.report);
    if (loaded)
        config_free(&config);
    return code;
}

/* wcp-tiny status: what the resident agent knows; without one, what the files on disk say. */
#include "agent/status.h"
#include "agent/runtime.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "command/command.h"
#include "pki/certificate.h"

#include <stdlib.h>
#include <string.h>
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
    char *unreadable[LIMIT_CERTIFICATES]; /* why a certificate cannot be read, owned */
};

/* The agent writes it where it may: see runtime_open. */
static bool read_report(const struct options *options, const struct config *config,
                        struct status_report *report, struct error *error)
{
    char path[RUNTIME_PATH_SIZE + sizeof "/" STATUS_FILE_NAME];
    BUF_AUTO struct buf beside_log = BUF(PATH_MAX);
    struct error ignored;
    if (config->status_file != NULL)
        return status_read(config->status_file, report, error);
    runtime_path(options->config_path, path);
    strcat(path, "/" STATUS_FILE_NAME);
    if (status_read(path, report, error))
        return true;
    if (config->log_directory == NULL)
        return false;
    status_free(report);
    buf_format(&beside_log, "%s/" STATUS_FILE_NAME, config->log_directory);
    const char *other = buf_text(&beside_log);
    return other != NULL && status_read(other, report, &ignored);
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
static void look_at_file(struct view *view, size_t place)
{
    struct status_certificate *certificate = &view->report.certificates[place];
    BUF_AUTO struct buf pem = BUF(LIMIT_INSTALLED_FILE);
    struct certificate_facts facts;
    struct error error;
    if (file_read(certificate->certificate_path, "certificate", &pem, &error) &&
        certificate_read(buf_str(&pem), &facts, &error)) {
        certificate->not_after = facts.not_after;
    } else if (certificate->reason == NULL) {
        view->unreadable[place] = str_duplicate(str_from(error.message));
        certificate->reason = view->unreadable[place];
    }
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
        int64_t next = certificate->next_attempt;
        if (certificate->not_after == 0)
            look_at_file(view, i);
        certificate->healthy =
            certificate->health != HEALTH_FAILING &&
            certificate->not_after >= (next > view->now ? next : view->now) + interval;
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
    if (certificate->health == HEALTH_FAILING)
        return "failing";
    if (certificate->not_after == 0)
        return "absent";
    if (certificate->not_after <= view->now)
        return "expired";
    if (!certificate->healthy)
        return "expiring";
    return view->from_file ? status_health_names[certificate->health] : "-";
}

static void print_row(const struct view *view, const struct status_certificate *certificate)
{
    char success[CLOCK_ISO8601_SIZE];
    char next[CLOCK_ISO8601_SIZE];
    char days[24] = "-";
    struct str path = str_from(certificate->certificate_path);
    bool cut = path.length > PATH_COLUMNS;
    if (certificate->not_after != 0)
        format_text(days, sizeof days, "%lld",
                    (long long)status_days_left(certificate->not_after, view->now));
    say("%8s %5s %16s %16s  %s%s", state_of(view, certificate), days,
        format_minute(certificate->last_success, success),
        format_minute(certificate->next_attempt, next), cut ? ".." : "",
        path.data + (cut ? path.length - PATH_COLUMNS + 2 : 0));
}

static void print_remarks(const struct status_certificate *certificate)
{
    const char *path = certificate->certificate_path;
    const char *arn = certificate->arn;
    if (certificate->reason != NULL)
        say("%s (%s), failure #%lld: %s", path, arn, (long long)certificate->failures,
            certificate->reason);
    if (certificate->command_pending != 0)
        say("%s (%s): its refresh command is still to run", path, arn);
    if (certificate->served > SERVED_SAME)
        say("%s (%s): its server %s", path, arn,
            certificate->served == SERVED_OTHER ? "presents another certificate"
                                                : "cannot be reached");
}

static void print_agent(const struct view *view, const struct error *error)
{
    const struct status_agent *agent = &view->report.agent;
    char started[CLOCK_ISO8601_SIZE];
    char written[CLOCK_ISO8601_SIZE];
    if (agent->running != 0)
        say("The agent runs, pid %lld", (long long)agent->pid);
    else
        say("The agent is not running");
    if (view->from_file)
        say("Status of %s UTC; wcp-tiny %s, started %s", format_minute(agent->written, written),
            agent->version, format_minute(agent->started, started));
    else
        say("No status (%s): these are the files on disk", error->message);
    if (agent->waiting != NULL)
        say("Waiting: %s", agent->waiting);
    if (agent->rejected != NULL)
        say("The new configuration is not in force: %s", agent->rejected);
}

static void print_table(const struct view *view, const struct error *error)
{
    print_agent(view, error);
    say("%s", "");
    say("   STATE  DAYS     LAST SUCCESS         NEXT TRY  CERTIFICATE");
    for (size_t i = 0; i < view->report.count; i++)
        print_row(view, &view->report.certificates[i]);
    say("%s", "");
    for (size_t i = 0; i < view->report.count; i++)
        print_remarks(&view->report.certificates[i]);
}

static bool print(const struct options *options, const struct view *view, const struct error *error)
{
    BUF_AUTO struct buf out = BUF(4 * LIMIT_STATUS_FILE);
    if (options->prometheus)
        status_append_metrics(&out, &view->report);
    else if (options->json)
        status_append_json(&out, &view->report, view->now);
    else
        print_table(view, error);
    return !out.failed && write_all(STDOUT_FILENO, buf_str(&out));
}

int command_status(const struct options *options)
{
    struct config config = {0};
    struct view view = {.now = clock_now()};
    struct error error = {0};
    int code = EXIT_DONE;
    /* A configuration that is wrong is not in force, and what is has a status all the same. */
    bool loaded = command_load_config(options, &config, &code);
    view.from_file = read_report(options, &config, &view.report, &error);
    if (!view.from_file)
        list_configured(&config, &view.report);
    pid_t pid = runtime_agent_pid(options->config_path);
    view.report.agent.running = pid != 0;
    if (pid != 0)
        view.report.agent.pid = pid;
    bool healthy = judge(&view, &config);
    if (view.from_file || loaded) {
        bool printed = print(options, &view, &error);
        if (loaded && (!printed || !healthy))
            code = EXIT_FAILED;
    }
    status_free(&view.report);
    for (size_t i = 0; i < LIMIT_CERTIFICATES; i++)
        free(view.unreadable[i]);
    if (loaded)
        config_free(&config);
    return code;
}

/* wcp-tiny status: prints the resident agent's status; without one, the state of the files on
 * disk. */
#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "command/command.h"
#include "pki/certificate.h"
#include "status/status_table.h"
#include "store/journal.h"
#include "supervisor/run_directory.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEFAULT_INTERVAL_HOURS = 24,
};

static bool read_report(const struct options *options, const struct config *config,
                        struct status_report *report, struct error *error)
{
    char directory[PATH_MAX];
    BUF_AUTO struct buf path = BUF(2 * PATH_MAX);
    run_directory_find(options->config_path, config, directory);
    if (config->status_file != NULL)
        buf_append_text(&path, config->status_file);
    else
        buf_format(&path, "%s/" STATUS_FILE_NAME, directory);
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

/* Reads the expiry date from the installed file, for a certificate whose date the agent does not
 * know. */
static void read_installed_expiry(struct status_certificate *certificate)
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

/* True when a journal lies beside the certificate: an update is not complete, or its refresh
 * command has still to succeed. Neither locks nor reads it. */
static bool has_journal(const char *certificate_path)
{
    char name[NAME_MAX + 1];
    BUF_AUTO struct buf path = BUF(PATH_MAX);
    struct stat status;
    const char *certificate_name = strrchr(certificate_path, '/') + 1;
    journal_name(certificate_name, name, sizeof name);
    buf_append(&path, str_bytes(certificate_path, (size_t)(certificate_name - certificate_path)));
    buf_append_text(&path, name);
    const char *text = buf_text(&path);
    return text != NULL && lstat(text, &status) == 0 && S_ISREG(status.st_mode);
}

/* No agent runs, so the journals tell what a crash, `once`, or the agent before it left. The
 * agent's last status may be older. */
static void find_unfinished(struct status_report *report)
{
    static const char unfinished[] = "an update is not finished or its refresh command is still to "
                                     "run, and no agent runs; start "
                                     "the agent, or run: wcp-tiny once";
    for (size_t i = 0; i < report->count; i++) {
        struct certificate_status *status = &report->certificates[i].status;
        if (report->certificates[i].certificate_path[0] != '/' ||
            !has_journal(report->certificates[i].certificate_path))
            continue;
        status->hook_pending = 1;
        status->health = HEALTH_FAILING;
        if (status->reason == NULL)
            status->reason = (char *)(uintptr_t)unfinished;
    }
}

/* Sets `healthy` of each certificate: it does not fail, and is valid beyond the next refresh and
 * the one after that. True when all are healthy. */
static bool compute_health(struct status_view *view, const struct config *config)
{
    uint32_t hours = config->refresh_interval_hours;
    int64_t interval = (int64_t)(hours > 0 ? hours : DEFAULT_INTERVAL_HOURS) * 3600;
    bool all = true;
    for (size_t i = 0; i < view->report.count; i++) {
        struct status_certificate *certificate = &view->report.certificates[i];
        int64_t next = certificate->status.next_attempt;
        if (certificate->status.not_after == 0)
            read_installed_expiry(certificate);
        certificate->healthy =
            certificate->status.health != HEALTH_FAILING &&
            certificate->status.not_after >= (next > view->now ? next : view->now) + interval;
        all = all && certificate->healthy;
    }
    return all;
}

static bool print(const struct options *options, const struct status_view *view)
{
    BUF_AUTO struct buf out = BUF(4 * LIMIT_STATUS_FILE);
    if (options->prometheus)
        status_append_metrics(&out, &view->report);
    else if (options->json)
        status_append_json(&out, &view->report, view->now);
    else
        status_append_table(&out, view);
    return !out.failed && write_all(STDOUT_FILENO, buf_str(&out));
}

static void find_agent(const char *config_path, const struct config *config,
                       struct status_agent *agent)
{
    pid_t pid = run_directory_agent_pid(config_path, config);
    if (pid != 0)
        agent->pid = pid;
    agent->running = pid != 0;
}

int command_status(const struct options *options)
{
    struct config config = {0};
    struct status_view view = {.now = clock_now()};
    struct error error = error_none();
    int code = EXIT_DONE;
    /* The configuration in force has a status even when the file is invalid now. */
    bool loaded = command_load_config(options, &config, &code);
    view.from_file = read_report(options, &config, &view.report, &error);
    view.why_not_from_file = error.message;
    if (!view.from_file)
        list_configured(&config, &view.report);
    find_agent(options->config_path, &config, &view.report.agent);
    if (view.report.agent.running == 0)
        find_unfinished(&view.report);
    bool healthy = compute_health(&view, &config);
    if (view.from_file || loaded) {
        bool printed = print(options, &view);
        /* A configuration that this user may not read can still be in force. */
        if (loaded || (code == EXIT_NOT_ALLOWED && geteuid() != 0))
            code = printed && healthy ? EXIT_DONE : EXIT_FAILED;
    }
    status_free(&view.report);
    if (loaded)
        config_free(&config);
    return code;
}

#include "status/status_table.h"

#include "base/clock.h"
#include "base/format.h"

enum {
    PATH_COLUMNS = 29, /* the rest of 80 columns */
    MINUTE_LENGTH = sizeof "2026-06-11 04:05" - 1,
};

static const char *format_minute(int64_t time, char out[CLOCK_ISO8601_SIZE])
{
    clock_format_iso8601(time, out);
    out[10] = ' ';
    out[MINUTE_LENGTH] = '\0';
    return time == 0 ? "-" : out;
}

static const char *state_of(const struct status_view *view,
                            const struct status_certificate *certificate)
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

static void append_row(struct buf *out, const struct status_view *view,
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
    if (certificate->status.reason != NULL && certificate->status.failures == 0)
        buf_format(out, "%s (%s): %s\n", path, certificate->arn, certificate->status.reason);
    else if (certificate->status.reason != NULL)
        buf_format(out, "%s (%s), failure #%lld: %s\n", path, certificate->arn,
                   (long long)certificate->status.failures, certificate->status.reason);
    if (certificate->status.served != SERVED_UNKNOWN)
        buf_format(out, "%s: its server presents: %s, until %s\n", path,
                   status_names[STATUS_SERVED + certificate->status.served],
                   format_minute(certificate->status.served_not_after, until));
}

static void append_agent_lines(struct buf *out, const struct status_view *view)
{
    const struct status_agent *agent = &view->report.agent;
    char started[CLOCK_ISO8601_SIZE];
    char written[CLOCK_ISO8601_SIZE];
    char until[CLOCK_ISO8601_SIZE];
    buf_format(out, "The agent %s\n", agent->running != 0 ? "runs" : "is not running");
    if (view->from_file)
        buf_format(out, "wcp-tiny %s, pid %lld, started %s UTC\nStatus of %s UTC\n", agent->version,
                   (long long)agent->pid, format_minute(agent->started, started),
                   format_minute(agent->written, written));
    else
        buf_format(out, "No status (%s): these are the files on disk\n", view->why_not_from_file);
    if (agent->credentials != NULL)
        buf_format(out, "Credentials: %s%s%s\n", agent->credentials,
                   agent->credentials_until == 0 ? "" : ", until ",
                   agent->credentials_until == 0 ? ""
                                                 : format_minute(agent->credentials_until, until));
    if (agent->waiting != NULL)
        buf_format(out, "Waiting: %s\n", agent->waiting);
    if (agent->rejected != NULL)
        buf_format(out, "The new configuration is not in force: %s\n", agent->rejected);
}

void status_append_table(struct buf *out, const struct status_view *view)
{
    append_agent_lines(out, view);
    buf_format(out, "\n   STATE  DAYS     LAST SUCCESS         NEXT TRY  CERTIFICATE\n");
    for (size_t i = 0; i < view->report.count; i++)
        append_row(out, view, &view->report.certificates[i]);
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < view->report.count; i++)
        append_remarks(out, &view->report.certificates[i]);
}

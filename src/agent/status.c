#include "agent/status.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_MODE = 0644, SECONDS_PER_DAY = 86400 };

const char *const status_health_names[] = {"waiting", "fresh", "failing", NULL};
const char *const status_served_names[] = {"unknown", "same", "other", "unreachable", NULL};

enum field_kind { TEXT, NUMBER, TIME, BOOLEAN, HEALTH, SERVED, DAYS };

/* One member of the file's objects. What has a `help` is a metric, too. */
struct field {
    char name[18];
    uint8_t kind;
    uint8_t offset; /* of a const char * for TEXT, else of an int64_t */
    const char *help;
};

/* In both tables the last ones are not in the file. */
enum { COMPUTED_AGENT_FIELDS = 1, COMPUTED_CERTIFICATE_FIELDS = 2 };

#define AGENT(member) offsetof(struct status_agent, member)
static const struct field agent_fields[] = {
    {"format", NUMBER, AGENT(format), NULL},
    {"pid", NUMBER, AGENT(pid), NULL},
    {"version", TEXT, AGENT(version), NULL},
    {"started", TIME, AGENT(started), NULL},
    {"written", TIME, AGENT(written), "When the agent wrote this."},
    {"config", TEXT, AGENT(config_path), NULL},
    {"waiting", TEXT, AGENT(waiting), NULL},
    {"rejected", TEXT, AGENT(rejected), NULL},
    {"running", BOOLEAN, AGENT(running), "Whether the agent runs."},
};

#define CERTIFICATE(member) offsetof(struct status_certificate, member)
static const struct field certificate_fields[] = {
    {"arn", TEXT, CERTIFICATE(arn), NULL},
    {"certificate_path", TEXT, CERTIFICATE(certificate_path), NULL},
    {"state", HEALTH, CERTIFICATE(health), NULL},
    {"failures", NUMBER, CERTIFICATE(failures), "Failed tries since the last success."},
    {"reason", TEXT, CERTIFICATE(reason), NULL},
    {"not_after", TIME, CERTIFICATE(not_after), "When the installed certificate expires."},
    {"last_attempt", TIME, CERTIFICATE(last_attempt), "The last try."},
    {"last_success", TIME, CERTIFICATE(last_success), "The last try that succeeded."},
    {"next_attempt", TIME, CERTIFICATE(next_attempt), "The next try."},
    {"command_pending", BOOLEAN, CERTIFICATE(command_pending),
     "Whether the refresh command is still to run."},
    {"served", SERVED, CERTIFICATE(served), "Whether the server presents this certificate."},
    {"served_not_after", TIME, CERTIFICATE(served_not_after), "When the one it presents expires."},
    {"days_left", DAYS, CERTIFICATE(not_after), NULL},
    {"healthy", BOOLEAN, CERTIFICATE(healthy), "0: it fails, or expires before the next tries."},
};

enum {
    AGENT_FIELDS = sizeof agent_fields / sizeof agent_fields[0],
    CERTIFICATE_FIELDS = sizeof certificate_fields / sizeof certificate_fields[0],
};

static int64_t *number_in(const struct field *field, const void *object)
{
    return (int64_t *)((uintptr_t)object + field->offset);
}

static const char **text_in(const struct field *field, const void *object)
{
    return (const char **)((uintptr_t)object + field->offset);
}

int64_t status_days_left(int64_t not_after, int64_t now)
{
    int64_t left = not_after - now;
    return (left >= 0 ? left : left - SECONDS_PER_DAY + 1) / SECONDS_PER_DAY;
}

/* --- JSON out -------------------------------------------------------------------------------- */

/* False when there is nothing to say: then the member is left out. */
static bool is_absent(const struct field *field, const void *object)
{
    if (field->kind == TEXT)
        return *text_in(field, object) == NULL;
    return (field->kind == TIME || field->kind == DAYS) && *number_in(field, object) == 0;
}

static void append_value(struct buf *out, const struct field *field, const void *object,
                         int64_t now)
{
    char time[CLOCK_ISO8601_SIZE];
    const char *text = time;
    int64_t number = field->kind == TEXT ? 0 : *number_in(field, object);
    switch (field->kind) {
    case NUMBER:
        buf_format(out, "%lld", (long long)number);
        return;
    case DAYS:
        buf_format(out, "%lld", (long long)status_days_left(number, now));
        return;
    case BOOLEAN:
        buf_append_text(out, number != 0 ? "true" : "false");
        return;
    case TEXT:
        text = *text_in(field, object);
        break;
    case TIME:
        clock_format_iso8601(number, time);
        break;
    default:
        text = (field->kind == HEALTH ? status_health_names : status_served_names)[number];
        break;
    }
    json_append_string(out, str_from(text));
}

static void append_object(struct buf *out, const struct field *fields, size_t count,
                          const void *object, int64_t now)
{
    char separator = '{';
    for (size_t i = 0; i < count; i++) {
        if (is_absent(&fields[i], object))
            continue;
        buf_format(out, "%c\"%s\":", separator, fields[i].name);
        append_value(out, &fields[i], object, now);
        separator = ',';
    }
    buf_append_byte(out, '}');
}

static void append_report(struct buf *out, const struct status_report *report, bool computed,
                          int64_t now)
{
    size_t agent_count = AGENT_FIELDS - (computed ? 0 : COMPUTED_AGENT_FIELDS);
    size_t certificate_count = CERTIFICATE_FIELDS - (computed ? 0 : COMPUTED_CERTIFICATE_FIELDS);
    buf_append_text(out, "{\"agent\":");
    append_object(out, agent_fields, agent_count, &report->agent, now);
    buf_append_text(out, ",\"certificates\":[");
    for (size_t i = 0; i < report->count; i++) {
        buf_append_text(out, i == 0 ? "\n" : ",\n");
        append_object(out, certificate_fields, certificate_count, &report->certificates[i], now);
    }
    buf_append_text(out, "]}\n");
}

void status_append_json(struct buf *out, const struct status_report *report, int64_t now)
{
    append_report(out, report, true, now);
}

static void fill_report(const struct agent_status *status, struct status_report *report)
{
    report->agent = (struct status_agent){
        .format = STATUS_FORMAT,
        .pid = status->pid,
        .version = WCP_VERSION,
        .started = status->started,
        .written = clock_now(),
        .config_path = status->config_path,
        .waiting = status->waiting,
        .rejected = status->rejected,
    };
    report->count = status->config->certificate_count;
    for (size_t i = 0; i < report->count; i++) {
        const struct certificate_status *from = &status->certificates[i];
        report->certificates[i] = (struct status_certificate){
            .arn = status->config->certificates[i].arn,
            .certificate_path = status->config->certificates[i].certificate_path,
            .health = from->health,
            .failures = from->failures,
            .reason = from->reason,
            .not_after = from->not_after,
            .last_attempt = from->last_attempt,
            .last_success = from->last_success,
            .next_attempt = from->next_attempt,
            .command_pending = from->command_pending,
            .served = from->served,
            .served_not_after = from->served_not_after,
        };
    }
}

/* Readers see the old file or the new one. */
static bool replace(int directory, const char *path, struct str text)
{
    BUF_AUTO struct buf name = BUF(PATH_MAX);
    buf_format(&name, "%s.new", path);
    const char *temporary = buf_text(&name);
    if (temporary == NULL)
        return false;
    unlinkat(directory, temporary, 0);
    FD_AUTO int file = openat(directory, temporary,
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, STATUS_MODE);
    if (file < 0)
        return false;
    if (fchmod(file, STATUS_MODE) == 0 && write_all(file, text) &&
        renameat(directory, temporary, directory, path) == 0)
        return true;
    int number = errno;
    unlinkat(directory, temporary, 0);
    errno = number;
    return false;
}

bool status_write(const struct agent_status *status, int runtime_directory, struct error *error)
{
    const char *path = status->config->status_file;
    struct status_report report;
    BUF_AUTO struct buf text = BUF(LIMIT_STATUS_FILE);
    if (path == NULL && runtime_directory < 0)
        return true;
    fill_report(status, &report);
    append_report(&text, &report, false, 0);
    if (text.failed)
        return error_no_memory(error);
    if (replace(runtime_directory, path != NULL ? path : STATUS_FILE_NAME, buf_str(&text)))
        return true;
    error_set_errno(error, errno == EACCES || errno == EPERM ? ERROR_DENIED : ERROR_TRANSIENT,
                    errno, "cannot write the status file %s",
                    path != NULL ? path : STATUS_FILE_NAME);
    return error_advise(error, "let the agent's user write its directory (edge.status_file)");
}

/* --- JSON in --------------------------------------------------------------------------------- */

static int64_t read_name(const char *const *names, struct str name)
{
    for (int64_t i = 0; names[i] != NULL; i++)
        if (str_equal(name, str_from(names[i])))
            return i;
    return 0;
}

static void read_object(const struct json *object, const struct field *fields, size_t count,
                        void *into)
{
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        const struct json *value = json_member(object, field->name);
        int64_t *number = number_in(field, into);
        struct str text = {0};
        if (field->kind == NUMBER)
            json_integer(value, number);
        else if (field->kind == BOOLEAN)
            *number = json_true(value);
        else if (!json_string(value, &text))
            continue;
        else if (field->kind == TIME && (!clock_parse_iso8601(text, number) || *number < 0))
            *number = 0;
        else if (field->kind == HEALTH || field->kind == SERVED)
            *number =
                read_name(field->kind == HEALTH ? status_health_names : status_served_names, text);
        else if (field->kind == TEXT) {
            /* The document is ours, and so are its texts. */
            make_printable((char *)(uintptr_t)text.data, text.length);
            *text_in(field, into) = text.data;
        }
    }
}

bool status_read(const char *path, struct status_report *report, struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_STATUS_FILE);
    *report = (struct status_report){0};
    if (!file_read(path, "status file", &text, error))
        return false;
    report->document = json_parse(buf_str(&text));
    read_object(json_member(report->document, "agent"), agent_fields,
                AGENT_FIELDS - COMPUTED_AGENT_FIELDS, &report->agent);
    const struct json *entry = json_first(json_member(report->document, "certificates"));
    for (; entry != NULL && report->count < LIMIT_CERTIFICATES; entry = json_next(entry)) {
        struct status_certificate *certificate = &report->certificates[report->count];
        *certificate = (struct status_certificate){0};
        read_object(entry, certificate_fields, CERTIFICATE_FIELDS - COMPUTED_CERTIFICATE_FIELDS,
                    certificate);
        if (certificate->arn != NULL && certificate->certificate_path != NULL)
            report->count++;
    }
    return report->agent.format == STATUS_FORMAT ||
           error_refuse(error, ERROR_PERMANENT, "restart the agent", "%s is no status file", path);
}

void status_free(struct status_report *report)
{
    json_free(report->document);
    report->document = NULL;
}

/* --- metrics --------------------------------------------------------------------------------- */

/* A sample; nothing when its value is not known. A label's value is escaped as a JSON string is,
 * as long as it is printable. */
static void append_sample(struct buf *out, const char *name, const struct field *field,
                          const void *object, const struct status_certificate *labels)
{
    int64_t number = *number_in(field, object);
    if ((field->kind == TIME || field->kind == SERVED) && number == 0)
        return;
    if (field->kind == SERVED)
        number = number == SERVED_SAME;
    buf_append_text(out, name);
    if (labels != NULL) {
        buf_append_text(out, "{arn=");
        json_append_string(out, str_from(labels->arn));
        buf_append_text(out, ",path=");
        json_append_string(out, str_from(labels->certificate_path));
        buf_append_byte(out, '}');
    }
    buf_format(out, " %lld\n", (long long)number);
}

static void append_metric(struct buf *out, const struct field *field,
                          const struct status_report *report, bool of_certificates)
{
    char name[64];
    if (field->help == NULL)
        return;
    format_text(name, sizeof name, "wcp_%s_%s%s", of_certificates ? "certificate" : "agent",
                field->name, field->kind == TIME ? "_timestamp_seconds" : "");
    buf_format(out, "# HELP %s %s\n# TYPE %s gauge\n", name, field->help, name);
    if (!of_certificates)
        append_sample(out, name, field, &report->agent, NULL);
    for (size_t i = 0; of_certificates && i < report->count; i++)
        append_sample(out, name, field, &report->certificates[i], &report->certificates[i]);
}

void status_append_metrics(struct buf *out, const struct status_report *report)
{
    for (size_t i = 0; i < AGENT_FIELDS; i++)
        append_metric(out, &agent_fields[i], report, false);
    for (size_t i = 0; i < CERTIFICATE_FIELDS; i++)
        append_metric(out, &certificate_fields[i], report, true);
}

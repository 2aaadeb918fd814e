#include "status/status.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_MODE = 0644, SECONDS_PER_DAY = 86400 };

/* Without pointers, which would each need a relocation. */
const char status_names[][STATUS_NAME_SIZE] = {"waiting", "fresh", "failing",    "unknown",
                                               "same",    "other", "unreachable"};

enum field_kind { TEXT, NUMBER, TIME, BOOLEAN, HEALTH, SERVED, DAYS, KIND = 7, METRIC = 8 };

/* One member of the file's objects. */
struct field {
    char name[18];
    uint8_t kind;   /* METRIC: it is one of those, too */
    uint8_t offset; /* of a const char * for TEXT, else of an int64_t */
};

/* In both tables the last ones are not in the file. */
enum { COMPUTED_AGENT_FIELDS = 1, COMPUTED_CERTIFICATE_FIELDS = 2 };

#define AGENT(member) offsetof(struct status_agent, member)
static const struct field agent_fields[] = {
    {"format", NUMBER, AGENT(format)},
    {"pid", NUMBER, AGENT(pid)},
    {"version", TEXT, AGENT(version)},
    {"started", TIME, AGENT(started)},
    {"written", TIME | METRIC, AGENT(written)},
    {"config", TEXT, AGENT(config_path)},
    {"waiting", TEXT, AGENT(waiting)},
    {"rejected", TEXT, AGENT(rejected)},
    {"running", BOOLEAN | METRIC, AGENT(running)},
};

#define CERTIFICATE(member) offsetof(struct status_certificate, member)
#define STATUS(member) CERTIFICATE(status.member)
static const struct field certificate_fields[] = {
    {"arn", TEXT, CERTIFICATE(arn)},
    {"certificate_path", TEXT, CERTIFICATE(certificate_path)},
    {"state", HEALTH, STATUS(health)},
    {"failures", NUMBER | METRIC, STATUS(failures)},
    {"reason", TEXT, STATUS(reason)},
    {"not_after", TIME | METRIC, STATUS(not_after)},
    {"last_attempt", TIME | METRIC, STATUS(last_attempt)},
    {"last_success", TIME | METRIC, STATUS(last_success)},
    {"next_attempt", TIME | METRIC, STATUS(next_attempt)},
    {"command_pending", BOOLEAN | METRIC, STATUS(hook_pending)},
    {"served", SERVED | METRIC, STATUS(served)},
    {"served_not_after", TIME | METRIC, STATUS(served_not_after)},
    {"days_left", DAYS, STATUS(not_after)},
    {"healthy", BOOLEAN | METRIC, CERTIFICATE(healthy)},
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
    switch (field->kind & KIND) {
    case TEXT:
        return *text_in(field, object) == NULL;
    case TIME:
    case DAYS:
        return *number_in(field, object) == 0;
    default:
        return false;
    }
}

static void append_value(struct buf *out, const struct field *field, const void *object,
                         int64_t now)
{
    char time[CLOCK_ISO8601_SIZE];
    const char *text = time;
    enum field_kind kind = field->kind & KIND;
    int64_t number = kind == TEXT ? 0 : *number_in(field, object);
    switch (kind) {
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
        text = status_names[number + (kind == SERVED ? STATUS_SERVED : 0)];
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

/* The last members are left out of the file: `computed` says whether they are known. */
static void append_agent(struct buf *out, const struct status_agent *agent, bool computed)
{
    buf_append_text(out, "{\"agent\":");
    append_object(out, agent_fields, AGENT_FIELDS - (computed ? 0 : COMPUTED_AGENT_FIELDS), agent,
                  0);
    buf_append_text(out, ",\"certificates\":[");
}

static void append_certificate(struct buf *out, const struct status_certificate *certificate,
                               bool first, bool computed, int64_t now)
{
    buf_append_text(out, first ? "\n" : ",\n");
    append_object(out, certificate_fields,
                  CERTIFICATE_FIELDS - (computed ? 0 : COMPUTED_CERTIFICATE_FIELDS), certificate,
                  now);
}

void status_append_json(struct buf *out, const struct status_report *report, int64_t now)
{
    append_agent(out, &report->agent, true);
    for (size_t i = 0; i < report->count; i++)
        append_certificate(out, &report->certificates[i], i == 0, true, now);
    buf_append_text(out, "]}\n");
}

static void append_status(struct buf *out, const struct agent_status *status)
{
    const struct config *config = status->config;
    const struct status_agent agent = {
        .format = STATUS_FORMAT,
        .pid = status->pid,
        .version = WCP_VERSION,
        .started = status->started,
        .written = clock_now(),
        .config_path = status->config_path,
        .waiting = status->waiting,
        .rejected = status->rejected,
    };
    append_agent(out, &agent, false);
    for (size_t i = 0; i < config->certificate_count; i++) {
        const struct status_certificate certificate = {
            .arn = config->certificates[i].arn,
            .certificate_path = config->certificates[i].certificate_path,
            .status = status->certificates[i],
        };
        append_certificate(out, &certificate, i == 0, false, 0);
    }
    buf_append_text(out, "]}\n");
}

bool status_write(const struct agent_status *status, int runtime_directory, struct error *error)
{
    const char *path = status->config->status_file;
    BUF_AUTO struct buf text = BUF(LIMIT_STATUS_FILE);
    if (path == NULL && runtime_directory < 0)
        return true;
    if (path == NULL)
        path = STATUS_FILE_NAME;
    append_status(&text, status);
    return (!text.failed && file_replace(runtime_directory, path, buf_str(&text), STATUS_MODE)) ||
           error_set_errno(error, ERROR_TRANSIENT, errno, "cannot write the status file %s", path);
}

/* --- JSON in --------------------------------------------------------------------------------- */

/* The place of `name` from `first` on; 0 when it is no such name. */
static int64_t read_name(size_t first, size_t end, struct str name)
{
    for (size_t i = first; i < end; i++)
        if (str_equal(name, str_from(status_names[i])))
            return (int64_t)(i - first);
    return 0;
}

static int64_t read_time(struct str text)
{
    int64_t time = 0;
    return clock_parse_iso8601(text, &time) && time > 0 ? time : 0;
}

static void read_object(const struct json *object, const struct field *fields, size_t count,
                        void *into)
{
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        const struct json *value = json_member(object, field->name);
        int64_t *number = number_in(field, into);
        struct str text = {0};
        json_string(value, &text);
        switch (field->kind & KIND) {
        case NUMBER:
            json_integer(value, number);
            break;
        case BOOLEAN:
            *number = json_true(value);
            break;
        case TIME:
            *number = read_time(text);
            break;
        case HEALTH:
            *number = read_name(0, STATUS_SERVED, text);
            break;
        case SERVED:
            *number = read_name(STATUS_SERVED, STATUS_NAMES, text);
            break;
        default:
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
    enum field_kind kind = field->kind & KIND;
    if ((kind == TIME || kind == SERVED) && number == 0)
        return;
    if (kind == SERVED)
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

static void append_metrics(struct buf *out, const struct status_report *report, bool of_agent)
{
    size_t count = of_agent ? AGENT_FIELDS : CERTIFICATE_FIELDS;
    for (size_t i = 0; i < count; i++) {
        const struct field *field = of_agent ? &agent_fields[i] : &certificate_fields[i];
        char name[64];
        if ((field->kind & METRIC) == 0)
            continue;
        format_text(name, sizeof name, "wcp_%s_%s%s", of_agent ? "agent" : "certificate",
                    field->name, (field->kind & KIND) == TIME ? "_timestamp_seconds" : "");
        buf_format(out, "# HELP %s %s in wcp-tiny status --json\n# TYPE %s gauge\n", name,
                   field->name, name);
        if (of_agent)
            append_sample(out, name, field, &report->agent, NULL);
        for (size_t j = 0; !of_agent && j < report->count; j++)
            append_sample(out, name, field, &report->certificates[j], &report->certificates[j]);
    }
}

void status_append_metrics(struct buf *out, const struct status_report *report)
{
    append_metrics(out, report, true);
    append_metrics(out, report, false);
}

#include "status/status_internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"

#include <stddef.h>

enum { SECONDS_PER_DAY = 86400 };

const char status_names[][STATUS_NAME_SIZE] = {"waiting", "fresh", "failing",    "unknown",
                                               "same",    "other", "unreachable"};

#define AGENT(member) offsetof(struct status_agent, member)
const struct status_field status_agent_fields[STATUS_AGENT_FIELDS] = {
    {"format", STATUS_NUMBER, false, AGENT(format)},
    {"pid", STATUS_NUMBER, false, AGENT(pid)},
    {"version", STATUS_TEXT, false, AGENT(version)},
    {"started", STATUS_TIME, false, AGENT(started)},
    {"written", STATUS_TIME, true, AGENT(written)},
    {"config", STATUS_TEXT, false, AGENT(config_path)},
    {"waiting", STATUS_TEXT, false, AGENT(waiting)},
    {"rejected", STATUS_TEXT, false, AGENT(rejected)},
    {"credentials", STATUS_TEXT, false, AGENT(credentials)},
    {"credentials_until", STATUS_TIME, false, AGENT(credentials_until)},
    {"running", STATUS_BOOLEAN, true, AGENT(running)},
};

#define CERTIFICATE(member) offsetof(struct status_certificate, member)
#define STATUS(member) CERTIFICATE(status.member)
const struct status_field status_certificate_fields[STATUS_CERTIFICATE_FIELDS] = {
    {"arn", STATUS_TEXT, false, CERTIFICATE(arn)},
    {"certificate_path", STATUS_TEXT, false, CERTIFICATE(certificate_path)},
    {"state", STATUS_HEALTH, false, STATUS(health)},
    {"failures", STATUS_NUMBER, true, STATUS(failures)},
    {"reason", STATUS_TEXT, false, STATUS(reason)},
    {"not_after", STATUS_TIME, true, STATUS(not_after)},
    {"last_attempt", STATUS_TIME, true, STATUS(last_attempt)},
    {"last_success", STATUS_TIME, true, STATUS(last_success)},
    {"next_attempt", STATUS_TIME, true, STATUS(next_attempt)},
    {"command_pending", STATUS_BOOLEAN, true, STATUS(hook_pending)},
    {"served", STATUS_SERVED_STATE, true, STATUS(served)},
    {"served_not_after", STATUS_TIME, true, STATUS(served_not_after)},
    {"days_left", STATUS_DAYS, false, STATUS(not_after)},
    {"healthy", STATUS_BOOLEAN, true, CERTIFICATE(healthy)},
};

int64_t *status_number_in(const struct status_field *field, const void *object)
{
    return (int64_t *)((uintptr_t)object + field->offset);
}

const char **status_text_in(const struct status_field *field, const void *object)
{
    return (const char **)((uintptr_t)object + field->offset);
}

int64_t status_days_left(int64_t not_after, int64_t now)
{
    int64_t left = not_after - now;
    return (left >= 0 ? left : left - SECONDS_PER_DAY + 1) / SECONDS_PER_DAY;
}

/* The index of `name` in status_names, counted from `first`; 0 when it is not among them. */
static int64_t read_state_name(size_t first, size_t end, struct str name)
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

static void read_json_object(const struct json *object, const struct status_field *fields,
                             size_t count, void *into)
{
    for (size_t i = 0; i < count; i++) {
        const struct status_field *field = &fields[i];
        const struct json *value = json_member(object, field->name);
        int64_t *number = status_number_in(field, into);
        struct str text = {0};
        json_string(value, &text);
        switch (field->kind) {
        case STATUS_NUMBER:
            json_integer(value, number);
            break;
        case STATUS_BOOLEAN:
            *number = json_true(value);
            break;
        case STATUS_TIME:
            *number = read_time(text);
            break;
        case STATUS_HEALTH:
            *number = read_state_name(0, STATUS_SERVED, text);
            break;
        case STATUS_SERVED_STATE:
            *number = read_state_name(STATUS_SERVED, STATUS_NAMES, text);
            break;
        default:
            /* The report owns the document, so its texts may be changed. */
            make_printable((char *)(uintptr_t)text.data, text.length);
            *status_text_in(field, into) = text.data;
        }
    }
}

bool status_read(const char *path, struct status_report *report, struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_STATUS_FILE);
    *report = (struct status_report){0};
    if (!file_read(path, "status file", &text, error))
        return false;
    report->document = json_parse(buf_str(&text), "the status file", error);
    read_json_object(json_member(report->document, "agent"), status_agent_fields,
                     STATUS_AGENT_FIELDS_IN_FILE, &report->agent);
    const struct json *entry = json_first(json_member(report->document, "certificates"));
    for (; entry != NULL && report->count < LIMIT_CERTIFICATES; entry = json_next(entry)) {
        struct status_certificate *certificate = &report->certificates[report->count];
        *certificate = (struct status_certificate){0};
        read_json_object(entry, status_certificate_fields, STATUS_CERTIFICATE_FIELDS_IN_FILE,
                         certificate);
        if (certificate->arn != NULL && certificate->certificate_path != NULL)
            report->count++;
    }
    return report->agent.format == STATUS_FORMAT ||
           error_refuse(error, ERROR_PERMANENT, "restart the agent",
                        "%s is not a status file of this version", path);
}

void status_free(struct status_report *report)
{
    json_free(report->document);
    report->document = NULL;
}

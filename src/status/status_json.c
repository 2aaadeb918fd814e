/* Writes the status as JSON: the agent's file, and the output of `wcp-tiny status --json`. */
#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/json.h"
#include "build_info.h"
#include "status/status_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_MODE = 0644 };

/* True when the value is absent: the member is then omitted. */
static bool is_absent(const struct status_field *field, const void *object)
{
    switch (field->kind) {
    case STATUS_TEXT:
        return *status_text_in(field, object) == NULL;
    case STATUS_TIME:
    case STATUS_DAYS:
        return *status_number_in(field, object) == 0;
    default:
        return false;
    }
}

static void append_json_value(struct buf *out, const struct status_field *field, const void *object,
                              int64_t now)
{
    char time[CLOCK_ISO8601_SIZE];
    const char *text = time;
    enum status_kind kind = field->kind;
    int64_t number = kind == STATUS_TEXT ? 0 : *status_number_in(field, object);
    switch (kind) {
    case STATUS_NUMBER:
        buf_format(out, "%lld", (long long)number);
        return;
    case STATUS_DAYS:
        buf_format(out, "%lld", (long long)status_days_left(number, now));
        return;
    case STATUS_BOOLEAN:
        buf_append_text(out, number != 0 ? "true" : "false");
        return;
    case STATUS_TEXT:
        text = *status_text_in(field, object);
        break;
    case STATUS_TIME:
        clock_format_iso8601(number, time);
        break;
    default:
        text = status_names[number + (kind == STATUS_SERVED_STATE ? STATUS_SERVED : 0)];
        break;
    }
    json_append_string(out, str_from(text));
}

static void append_json_object(struct buf *out, const struct status_field *fields, size_t count,
                               const void *object, int64_t now)
{
    char separator = '{';
    for (size_t i = 0; i < count; i++) {
        if (is_absent(&fields[i], object))
            continue;
        buf_format(out, "%c\"%s\":", separator, fields[i].name);
        append_json_value(out, &fields[i], object, now);
        separator = ',';
    }
    buf_append_byte(out, '}');
}

/* `computed`: with the members that are computed by the reader. The file omits them. */
static void append_agent_json(struct buf *out, const struct status_agent *agent, bool computed)
{
    buf_append_text(out, "{\"agent\":");
    append_json_object(out, status_agent_fields,
                       computed ? STATUS_AGENT_FIELDS : STATUS_AGENT_FIELDS_IN_FILE, agent, 0);
    buf_append_text(out, ",\"certificates\":[");
}

static void append_certificate_json(struct buf *out, const struct status_certificate *certificate,
                                    bool first, bool computed, int64_t now)
{
    buf_append_text(out, first ? "\n" : ",\n");
    append_json_object(out, status_certificate_fields,
                       computed ? STATUS_CERTIFICATE_FIELDS : STATUS_CERTIFICATE_FIELDS_IN_FILE,
                       certificate, now);
}

void status_append_json(struct buf *out, const struct status_report *report, int64_t now)
{
    append_agent_json(out, &report->agent, true);
    for (size_t i = 0; i < report->count; i++)
        append_certificate_json(out, &report->certificates[i], i == 0, true, now);
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
        .written = status->written,
        .config_path = status->config_path,
        .waiting = status->waiting,
        .rejected = status->rejected,
        .credentials = status->credentials,
        .credentials_until = status->credentials_until,
    };
    append_agent_json(out, &agent, false);
    for (size_t i = 0; i < config->certificate_count; i++) {
        const struct status_certificate certificate = {
            .arn = config->certificates[i].arn,
            .certificate_path = config->certificates[i].certificate_path,
            .status = status->certificates[i],
        };
        append_certificate_json(out, &certificate, i == 0, false, 0);
    }
    buf_append_text(out, "]}\n");
}

/* The hash of what the file says, and of where it is; the time of writing is left out. */
static bool hash_status(const struct agent_status *status, const char *path,
                        char hash[SHA256_HEX_SIZE])
{
    BUF_AUTO struct buf text = BUF(LIMIT_STATUS_FILE);
    struct agent_status timeless = *status;
    timeless.written = 0;
    append_status(&text, &timeless);
    buf_append_text(&text, path);
    sha256_hex(buf_str(&text), hash);
    return !text.failed;
}

bool status_write(const struct agent_status *status, int runtime_directory,
                  char last[SHA256_HEX_SIZE], struct error *error)
{
    const char *path = status->config->status_file;
    char hash[SHA256_HEX_SIZE] = "";
    BUF_AUTO struct buf text = BUF(LIMIT_STATUS_FILE);
    if (path == NULL && runtime_directory < 0)
        return true;
    if (path == NULL)
        path = STATUS_FILE_NAME;
    if (hash_status(status, path, hash) && strcmp(hash, last) == 0 &&
        faccessat(runtime_directory, path, F_OK, 0) == 0)
        return true;
    append_status(&text, status);
    bool written =
        !text.failed && file_replace(runtime_directory, path, buf_str(&text), STATUS_MODE);
    memcpy(last, written ? hash : "", written ? sizeof hash : 1);
    return written ||
           error_set_errno(error, ERROR_TRANSIENT, errno, "cannot write the status file %s", path);
}

/* Writes the status in Prometheus's text format, version 0.0.4. */
#include "base/format.h"
#include "base/json.h"
#include "status/status_internal.h"

/* Appends a sample, unless its value is unknown. A printable label value is escaped like a JSON
 * string. */
static void append_sample(struct buf *out, const char *name, const struct status_field *field,
                          const void *object, const struct status_certificate *labels)
{
    int64_t number = *status_number_in(field, object);
    enum status_kind kind = field->kind;
    if ((kind == STATUS_TIME || kind == STATUS_SERVED_STATE) && number == 0)
        return;
    if (kind == STATUS_SERVED_STATE)
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
    size_t count = of_agent ? STATUS_AGENT_FIELDS : STATUS_CERTIFICATE_FIELDS;
    for (size_t i = 0; i < count; i++) {
        const struct status_field *field =
            of_agent ? &status_agent_fields[i] : &status_certificate_fields[i];
        char name[64];
        if (!field->is_metric)
            continue;
        format_text(name, sizeof name, "wcp_%s_%s%s", of_agent ? "agent" : "certificate",
                    field->name, field->kind == STATUS_TIME ? "_timestamp_seconds" : "");
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

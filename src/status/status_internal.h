/* Tables of the members of the status file's objects. Private to status.c, which reads the file,
 * and to status_json.c and status_metrics.c, which write it. */
#ifndef WCP_STATUS_STATUS_INTERNAL_H
#define WCP_STATUS_STATUS_INTERNAL_H

#include "status/status.h"

enum status_kind {
    STATUS_TEXT,   /* const char * */
    STATUS_NUMBER, /* int64_t, as all that follow */
    STATUS_TIME,
    STATUS_BOOLEAN,
    STATUS_HEALTH,       /* enum certificate_health */
    STATUS_SERVED_STATE, /* enum served_state */
    STATUS_DAYS,         /* a time, written as the days left until then */
};

/* One member of an object. */
struct status_field {
    const char *name;
    enum status_kind kind;
    bool is_metric; /* also written as a metric */
    size_t offset;  /* within struct status_agent or struct status_certificate */
};

enum {
    STATUS_AGENT_FIELDS = 11,
    STATUS_AGENT_FIELDS_IN_FILE = 10, /* the first ones; the reader computes the others */
    STATUS_CERTIFICATE_FIELDS = 14,
    STATUS_CERTIFICATE_FIELDS_IN_FILE = 12,
};

extern const struct status_field status_agent_fields[STATUS_AGENT_FIELDS];
extern const struct status_field status_certificate_fields[STATUS_CERTIFICATE_FIELDS];

/* A pointer to the value of a field in an object: to a number, or to a text. */
int64_t *status_number_in(const struct status_field *field, const void *object);
const char **status_text_in(const struct status_field *field, const void *object);

#endif

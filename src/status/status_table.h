/* Prints the status as a table of 80 columns, for a serial console. Explanations follow the
 * table. */
#ifndef WCP_STATUS_STATUS_TABLE_H
#define WCP_STATUS_STATUS_TABLE_H

#include "status/status.h"

/* The contents of the table. */
struct status_view {
    struct status_report report;
    int64_t now;
    bool from_file; /* the report is the agent's status file; else it describes the files on disk */
    const char *why_not_from_file; /* the error that reading the status file gave */
};

void status_append_table(struct buf *out, const struct status_view *view);

#endif

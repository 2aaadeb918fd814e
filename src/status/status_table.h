/* The status as a table for a serial console of 80 columns; what explains a row stands below it. */
#ifndef WCP_STATUS_STATUS_TABLE_H
#define WCP_STATUS_STATUS_TABLE_H

#include "status/status.h"

/* What the table is made of. */
struct status_view {
    struct status_report report;
    int64_t now;
    bool from_file; /* the agent's status file was read; else these are the files on disk */
    const char *why_not_from_file; /* a sentence */
};

void status_append_table(struct buf *out, const struct status_view *view);

#endif

/* The log as a test sees it: each message a line, "LEVEL message". */
#ifndef WCP_TESTS_CAPTURED_LOG_H
#define WCP_TESTS_CAPTURED_LOG_H

#include "base/buf.h"

/* From now on messages of every level go to `lines`. */
void capture_log(struct buf *lines);
/* The log is as a process begins with it. */
void release_log(void);

/* Fails the test unless `part` stands in what was captured. */
void assert_logged(struct buf *lines, const char *part);
void assert_not_logged(struct buf *lines, const char *part);

#endif

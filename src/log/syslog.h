/* The system's log: RFC 3164 as syslogd on the same machine reads it. */
#ifndef WCP_LOG_SYSLOG_H
#define WCP_LOG_SYSLOG_H

#include "base/error.h"
#include "base/log.h"

#define SYSLOG_PATH "/dev/log"

/* Sends one message to /dev/log, as a datagram of its own socket: a syslogd that was restarted
 * needs no care. Facility daemon; without a time, so that syslogd puts its own local one before it:
 * ours would be UTC, and be read as local. Waits at most a second for a syslogd that is busy.
 * False: ERROR_TRANSIENT. */
bool syslog_send(enum log_level level, struct str message, struct error *error);

/* Whether somebody listens. */
bool syslog_is_there(struct error *error);

#endif

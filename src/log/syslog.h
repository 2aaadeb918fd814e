/* Sends messages to syslogd on this machine, in the form of RFC 3164. */
#ifndef WCP_LOG_SYSLOG_H
#define WCP_LOG_SYSLOG_H

#include "base/error.h"
#include "base/log.h"

#define SYSLOG_PATH "/dev/log"

/* Sends one message to /dev/log, with facility daemon. Each message has a socket of its own, so
 * that it reaches a syslogd that was restarted. The message has no time: syslogd adds its own, in
 * local time, and would take UTC for local time. Waits one second at most for a busy syslogd.
 * Returns false with ERROR_TRANSIENT. */
bool syslog_send(enum log_level level, struct str message, struct error *error);

/* Returns true when a program listens at /dev/log; otherwise false with ERROR_TRANSIENT. */
bool syslog_is_listening(struct error *error);

#endif

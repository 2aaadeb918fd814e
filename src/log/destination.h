/* The destination of the resident agent's log: a file, syslog or stderr, as configured. When it
 * cannot be written, messages go to stderr until it can. */
#ifndef WCP_LOG_DESTINATION_H
#define WCP_LOG_DESTINATION_H

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"

/* Sets the log's destination, bounds and level from `config`, and copies what it needs. Call it
 * again for each new configuration. */
void log_destination_apply(const struct config *config);
/* Restores the defaults: level INFO, to stderr. */
void log_destination_reset(void);

/* Appends the destination of the log as text for a person, for example "syslog (/dev/log)". Returns
 * false with ERROR_TRANSIENT when the log cannot be written. It writes nothing to find out, and
 * does not check a relative directory: the agent may have another working directory. */
bool log_destination_describe(const struct config *config, struct buf *out, struct error *error);

#endif

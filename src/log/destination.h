/* Where the resident agent's log goes: a file, syslog or stderr, as the configuration says. A log
 * that cannot be had is never fatal: its lines go to stderr, until it can be had again. */
#ifndef WCP_LOG_DESTINATION_H
#define WCP_LOG_DESTINATION_H

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"

/* The log's destination, bounds and level are those of `config` from now on, of which nothing is
 * kept. To be called again whenever another configuration is in force. */
void log_destination_apply(const struct config *config);
/* The log is as a process begins with it. */
void log_destination_reset(void);

/* Appends where this configuration's log is. False: it cannot be written now, as far as a process
 * other than the agent can tell without writing; a relative directory is the agent's to judge, and
 * always right. */
bool log_destination_describe(const struct config *config, struct buf *out, struct error *error);

#endif

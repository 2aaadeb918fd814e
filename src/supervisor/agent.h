/* The resident agent: keeps every certificate fresh until it is told to stop. */
#ifndef WCP_SUPERVISOR_AGENT_H
#define WCP_SUPERVISOR_AGENT_H

#include "config/config.h"

/* Runs until SIGTERM or SIGINT. `config` is what was loaded from `config_path`, emptied on return;
 * NULL when that file is not good, as `problems` says: then the agent waits for a good one.
 * False: another agent runs for this file (ERROR_DENIED), or the machine gives no timers
 * (ERROR_INTERNAL). */
bool agent_run(const char *config_path, struct config *config, const struct problems *problems,
               struct error *error);

#endif

/* The resident agent: refreshes certificates until it is told to stop. */
#ifndef WCP_SUPERVISOR_AGENT_H
#define WCP_SUPERVISOR_AGENT_H

#include "config/config.h"

/* Runs until SIGTERM or SIGINT. `config` was loaded from `config_path`; it is empty on return.
 * NULL: that file is invalid for the reasons in `problems`, and the agent waits until it is
 * corrected. False: another agent runs with this file (ERROR_DENIED), or the kernel provides no
 * timers or signals (ERROR_INTERNAL). */
bool agent_run(const char *config_path, struct config *config, const struct problems *problems,
               struct error *error);

#endif

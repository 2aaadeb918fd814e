/* The run-time directory: what is of use only until the next boot. */
#ifndef WCP_AGENT_RUNTIME_H
#define WCP_AGENT_RUNTIME_H

#include "base/error.h"
#include "config/config.h"

/* Opens the directory for state of the agent with this configuration file: /run/wcp-tiny/default
 * for the default path, else /run/wcp-tiny/<hash of the canonical path>; made when we may. Where it
 * cannot be had, the log directory; -1 when that is not writable either, which the log says. The
 * descriptor is the caller's. */
int runtime_open(const char *config_path, const struct config *config);

/* Takes the lock that is held while refresh commands run, so that two agents never run them at
 * once. Waits as long as a command may run.
 * `*lock` is the descriptor that holds it, -1 where there is no run-time directory. */
bool runtime_lock_commands(int runtime_directory, int *lock, struct error *error);

#endif

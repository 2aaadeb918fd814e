/* The run-time directory: what is of use only until the next boot. */
#ifndef WCP_SUPERVISOR_RUN_DIRECTORY_H
#define WCP_SUPERVISOR_RUN_DIRECTORY_H

#include "base/error.h"
#include "config/config.h"

#include <sys/types.h>

enum { RUN_DIRECTORY_PATH_SIZE = 48 };

/* The directory for state of the agent with this configuration file: /run/wcp-tiny/default for the
 * default path, else /run/wcp-tiny/<hash of the absolute path>. Links are not followed: which agent
 * is meant shall not depend on where a link leads today, or on the file being there. */
void run_directory_path(const char *config_path, char out[RUN_DIRECTORY_PATH_SIZE]);

/* Opens that directory; made when we may. Where it cannot be had, the log directory; -1 when that
 * is not writable either, which the log says. The descriptor is the caller's. */
int run_directory_open(const char *config_path, const struct config *config);

/* Takes the place of the one resident agent with this run-time directory, for as long as the
 * process lives and `*lock` stays open; its pid is in the file "pid". False: another agent has it,
 * which the message names, or the file cannot be had; both ERROR_DENIED. */
bool run_directory_lock_agent(int runtime_directory, int *lock, struct error *error);

/* The pid of the resident agent with this configuration file; 0: none runs, or it keeps its state
 * where we cannot look. */
pid_t run_directory_agent_pid(const char *config_path);
/* Sends it a signal. False: none runs (ERROR_TRANSIENT), or we may not (ERROR_DENIED). */
bool run_directory_signal_agent(const char *config_path, int number, struct error *error);

/* Tries to take the lock that is held while refresh commands run, so that two agents never run them
 * at once. `*lock` is the descriptor that holds it; -1: another process has the lock, try again.
 * Where there is no run-time directory, commands run without: `*lock` leads nowhere. */
bool run_directory_lock_hooks(int runtime_directory, int *lock, struct error *error);

#endif

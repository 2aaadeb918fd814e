/* The run-time directory: the agent's lock, pid and status, which are of no use after a reboot. */
#ifndef WCP_SUPERVISOR_RUN_DIRECTORY_H
#define WCP_SUPERVISOR_RUN_DIRECTORY_H

#include "base/error.h"
#include "config/config.h"

#include <sys/types.h>

enum { RUN_DIRECTORY_PATH_SIZE = 48 };

/* The directory of the agent with this configuration file: /run/wcp-tiny/default for the default
 * path, else /run/wcp-tiny/<hash of the absolute path>. Symbolic links in the path are not
 * resolved: the directory depends neither on the target of a link nor on the existence of the
 * file. */
void run_directory_path(const char *config_path, char out[RUN_DIRECTORY_PATH_SIZE]);

/* Opens that directory, and creates it when permitted. When it is not usable, opens the log
 * directory instead. Returns a descriptor that the caller closes; -1, with a message in the log,
 * when neither is writable. */
int run_directory_open(const char *config_path, const struct config *config);

/* Makes this process the one resident agent of the run-time directory, until it ends or closes
 * `*lock`. Writes its pid to the file "pid". False, with ERROR_DENIED: another agent runs (the
 * message has its pid), or the file cannot be opened. With `runtime_directory` -1 there is no lock:
 * `*lock` is -1, and the result is true. */
bool run_directory_lock_agent(int runtime_directory, int *lock, struct error *error);

/* The pid of the resident agent with this configuration file. 0: none runs, or we may not read its
 * run-time directory. */
pid_t run_directory_agent_pid(const char *config_path);
/* Sends a signal to that agent. False: none runs (ERROR_TRANSIENT), or we may not
 * (ERROR_DENIED). */
bool run_directory_signal_agent(const char *config_path, int number, struct error *error);

#endif

/* The run-time directory: the agent's lock, pid and status, which are of no use after a reboot. */
#ifndef WCP_SUPERVISOR_RUN_DIRECTORY_H
#define WCP_SUPERVISOR_RUN_DIRECTORY_H

#include "base/error.h"
#include "config/config.h"

#include <limits.h>
#include <sys/types.h>

enum { RUN_DIRECTORY_PATH_SIZE = 48 };

/* The directory of the agent with this configuration file: /run/wcp-tiny/default for the default
 * path, else /run/wcp-tiny/<hash>. The hash is of the file's place, which is the directory that
 * holds it, by device and inode, and its name there: all spellings of the path and all links to the
 * directory give one hash, and a new file with the same name changes nothing. While that directory
 * is absent, the hash is of the absolute path as it is spelled. */
void run_directory_path(const char *config_path, char out[RUN_DIRECTORY_PATH_SIZE]);

/* --- for the agent --- */

/* The directory of a resident agent. */
struct run_directory {
    char path[RUN_DIRECTORY_PATH_SIZE]; /* its place */
    bool in_place; /* it is there; false: it is the log directory, or there is none */
    int directory; /* a descriptor, as those below; -1: there is none */
    int lock;      /* -1: it could not be had */
    int events;    /* readable after a change that run_directory_is_current can find */
};

/* Opens that directory, and creates it when permitted; when it is not usable, the log directory
 * instead; when neither is writable, the log says so. Makes this process its one agent. False, with
 * ERROR_DENIED: another agent with this configuration file runs (the message has its pid). A lock
 * that is impossible for another reason is a warning in the log. */
bool run_directory_enter(struct run_directory *run, const char *config_path,
                         const struct config *config, struct error *error);
/* False when the directory or the lock's file was removed or replaced, when the configuration file
 * has another directory by now, or when the log directory is used and need not be any more. The
 * agent then leaves and enters again. */
bool run_directory_is_current(const struct run_directory *run, const char *config_path);
/* Reads the events, and waits for the next ones. False: none of them matters. */
bool run_directory_drain(const struct run_directory *run);
/* Closes everything. The files stay, unless the configuration file has another directory by now. */
void run_directory_leave(struct run_directory *run, const char *config_path);

/* --- for other processes --- */

/* The path of the directory that the agent with this configuration file uses: that of a running
 * agent, else of the newest status file, else the one of run_directory_path. `config` may be
 * NULL. */
void run_directory_find(const char *config_path, const struct config *config, char out[PATH_MAX]);
/* The pid of the resident agent with this configuration file; 0: none runs. `config` may be NULL:
 * then it is not found when it uses the log directory. */
pid_t run_directory_agent_pid(const char *config_path, const struct config *config);
/* Sends a signal to that agent. False: none runs (ERROR_TRANSIENT), or we may not
 * (ERROR_DENIED). */
bool run_directory_signal_agent(const char *config_path, const struct config *config, int number,
                                struct error *error);

#endif

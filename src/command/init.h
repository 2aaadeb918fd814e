/* The duties of process 1: in a container, this program may be the first process, the parent of
 * every process whose own parent has ended. */
#ifndef WCP_COMMAND_INIT_H
#define WCP_COMMAND_INIT_H

#include "command/command.h"

/* Runs a command. As process 1 it runs the command in a child process, passes every signal on to
 * it, and reaps every process that ends. Returns the command's exit code; 128 and the signal's
 * number when a signal killed the child. */
int init_run(const struct command *command, const struct options *options);

#endif

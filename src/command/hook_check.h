/* Checks the program of a refresh command before it runs for the first time. */
#ifndef WCP_COMMAND_HOOK_CHECK_H
#define WCP_COMMAND_HOOK_CHECK_H

#include "base/error.h"

/* False, with a warning in `error`: the program does not exist, is not executable, or can be
 * changed by users other than root, although it runs with root's rights. This is never a
 * configuration error, as the program may be installed later. */
bool hook_check_program(const char *command, struct error *error);

#endif

/* What a look at a refresh command tells before it ever runs. */
#ifndef WCP_COMMAND_HOOK_CHECK_H
#define WCP_COMMAND_HOOK_CHECK_H

#include "base/error.h"

/* False, with a warning in `error`, when the command's program is absent, not executable, or can be
 * changed by others than root: it will run with root's rights. Nothing of it is an error in a
 * configuration: the program may be installed later. */
bool hook_check_program(const char *command, struct error *error);

#endif

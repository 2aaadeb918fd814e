/* The commands that hooks execute, and the server that they make load new files. */
#ifndef WCP_SIMULATION_HOOKS_H
#define WCP_SIMULATION_HOOKS_H

#include "simulation/plan.h"

void hooks_reset(const struct plan *plan);
/* The running process becomes this command. */
void hooks_execute(const char *command) __attribute__((noreturn));
/* The version of a certificate that the server has loaded, since its last successful command. */
unsigned hooks_server_version(unsigned certificate);
/* The power is cut: no command runs any more. */
void hooks_cut(void);
/* After a boot, the server has loaded what is on disk. */
void hooks_boot(void);
/* A person makes the server load what is on disk: the agent said that it will not. */
void hooks_load_by_hand(unsigned certificate);
/* From now on no command fails or hangs. */
void hooks_heal(void);

#endif

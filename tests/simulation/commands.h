/* The product's commands, as processes. */
#ifndef WCP_SIMULATION_COMMANDS_H
#define WCP_SIMULATION_COMMANDS_H

#include "simulation/plan.h"

enum actor { ACTOR_RUN, ACTOR_SECOND_RUN, ACTOR_RECOVER, ACTOR_ONCE, ACTOR_ONCE_FORCE };

void commands_reset(const struct plan *plan);
/* `by_root`: by hand, also where the agent has another user. */
struct process *actor_start(enum actor actor, bool by_root);

#endif

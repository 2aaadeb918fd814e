/* Makes a plan that fails as small as possible. */
#ifndef WCP_SIMULATION_SHRINK_H
#define WCP_SIMULATION_SHRINK_H

#include "simulation/plan.h"

/* Takes out of a failing plan what it fails without. Returns what is wrong with the rest. */
const char *plan_shrink(struct plan *plan);

#endif

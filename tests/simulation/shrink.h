/* Makes a plan that fails as small as possible. */
#ifndef WCP_SIMULATION_SHRINK_H
#define WCP_SIMULATION_SHRINK_H

#include "simulation/plan.h"

/* Takes out of a failing plan what it fails in the same way without. Returns what is wrong with
 * the rest. */
const char *plan_shrink(struct plan *plan, const char *failure);

#endif

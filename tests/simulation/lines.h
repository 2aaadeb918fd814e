/* The lines that the product logs. */
#ifndef WCP_SIMULATION_LINES_H
#define WCP_SIMULATION_LINES_H

#include "simulation/plan.h"

void lines_reset(const struct plan *plan);

#endif

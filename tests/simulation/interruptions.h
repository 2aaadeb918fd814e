/* Kills of processes and power cuts at a chosen system call. */
#ifndef WCP_SIMULATION_INTERRUPTIONS_H
#define WCP_SIMULATION_INTERRUPTIONS_H

#include "simulation/plan.h"

void interruptions_clear(void);
/* Arms a kill or a power cut. */
void interruption_plan(const struct event *event);
/* The power must be cut now: nobody runs any more. */
bool interruption_cuts(void);
void interruption_cut_done(void);

#endif

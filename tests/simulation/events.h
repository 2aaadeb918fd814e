/* The events of a plan: how they begin, and how those that last end. */
#ifndef WCP_SIMULATION_EVENTS_H
#define WCP_SIMULATION_EVENTS_H

#include "simulation/plan.h"

void event_begin(const struct event *event);
/* True when the product must notice that a disk is not mounted: a record on the other one tells,
 * and nobody tells it to accept the change. */
bool event_may_unmount(unsigned disk);
/* Forgets the events that last, without ending them. */
void events_clear(void);
/* The next time at which one ends; NEVER: none lasts. */
int64_t events_next_end(void);
/* Ends those whose time is over. */
void events_end_due(void);
/* Sets the wall clock: CLOCK_REALTIME less the time since the history began. */
void event_set_clock(int64_t wall_clock);

#endif

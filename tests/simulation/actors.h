/* Those who act: the product's commands, people, init, and the events of a plan. */
#ifndef WCP_SIMULATION_ACTORS_H
#define WCP_SIMULATION_ACTORS_H

#include "simulation/plan.h"

/* Plays a whole history. Returns what was wrong; NULL: nothing. The text stays until the next
 * history. */
const char *history_play(const struct plan *plan);
/* What happened in the last history, for statistics. */
struct played {
    unsigned long calls;
    unsigned faults;
    int64_t time;
};
struct played history_played(void);

#endif

/* People at work on the box: small processes with real system calls. */
#ifndef WCP_SIMULATION_PEOPLE_H
#define WCP_SIMULATION_PEOPLE_H

#include "simulation/plan.h"

void people_reset(const struct plan *plan);
/* Nobody is at work any more. */
void people_leave(void);
/* Overwrites a file of a certificate by hand. */
void person_edits(unsigned certificate, unsigned member);
/* Puts another configuration in place: 0 the right one, by rename; else see box_configuration.
 * An odd one is written into the file itself, in two parts. */
void person_drops_configuration(unsigned how);
/* Holds the lock of a certificate's directory. */
void person_locks(unsigned certificate, int64_t lasts);

#endif

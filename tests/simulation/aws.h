/* AWS, and the workers that ask it. The product forks a worker as always; what it would do behind
 * its walls is played here, and its frames are written to the real pipe. */
#ifndef WCP_SIMULATION_AWS_H
#define WCP_SIMULATION_AWS_H

#include "simulation/plan.h"

enum aws_mood { AWS_WELL, AWS_THROTTLES, AWS_DENIES, AWS_SILENT, AWS_LIES };

void aws_reset(const struct plan *plan);
/* The version of a certificate that AWS has now. */
unsigned aws_version(unsigned certificate);
void aws_renew(unsigned certificate);
void aws_set_mood(enum aws_mood mood);
/* From now on nothing goes wrong. */
void aws_heal(void);

#endif

/* AWS, and the workers that ask it. The product forks a worker as always; what it would do behind
 * its walls is played here, and its frames are written to the real pipe. */
#ifndef WCP_SIMULATION_AWS_H
#define WCP_SIMULATION_AWS_H

#include "simulation/plan.h"

enum aws_mood { AWS_WELL, AWS_THROTTLES, AWS_DENIES, AWS_SILENT, AWS_LIES };

void aws_reset(const struct plan *plan);
/* How many workers were started in this history, and how many certificates they were given: the
 * sum. */
unsigned aws_work(void);
/* The process gives up what it has fetched and not installed. */
void aws_forget(const struct process *process);
/* The power is cut: no worker is at work any more. */
void aws_cut(void);
/* The version of a certificate that AWS has now. */
unsigned aws_version(unsigned certificate);
/* True when a process with this version of a certificate holds what was fetched: the version is the
 * last one that its workers handed to it, or a later one, or one that others got since. */
bool aws_explains(const struct process *process, unsigned certificate, unsigned version);
/* True when the process has fetched the certificate at all. */
bool aws_has_delivered(const struct process *process, unsigned certificate);
void aws_renew(unsigned certificate);
void aws_set_mood(enum aws_mood mood);
/* From now on nothing goes wrong. */
void aws_heal(void);

#endif

/* What must always hold, and what must hold in the end. */
#ifndef WCP_SIMULATION_CHECKS_H
#define WCP_SIMULATION_CHECKS_H

#include "simulation/plan.h"

enum { CHECK_TEXT = 256 };

void checks_reset(const struct plan *plan);
/* Something does not hold. The first such text is kept. */
void check_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The first failure of this history; NULL: none. */
const char *check_failure(void);
/* Writes the text without its numbers: failures of one kind have the same. */
void check_kind(const char *failure, char out[CHECK_TEXT]);

/* After each change of a disk, and after a power cut. */
void check_instant(void);
/* Another agent has not done what the last one did. */
void checks_new_agent(void);
/* After any call: files must not stay between two versions, except when `excused`. */
void check_lasting(bool excused);
/* What the server has loaded may have changed. */
void checks_look_again(void);
/* A process said that a certificate is fresh. */
void check_fresh(struct process *process, unsigned certificate);
/* The log says that something is wrong with a certificate. */
void check_complaint(unsigned certificate);
/* When all has been well for long enough. */
void check_end(void);
/* A person has edited a file of the certificate. */
void check_edited(unsigned certificate);
/* A person drops a configuration. `without_last`: it lacks the last certificate. What an agent
 * cannot finish before it forgets a certificate is said, and stays as it is. */
void check_configured(bool without_last);

#endif

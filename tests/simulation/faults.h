/* Errors that system calls return although nothing is wrong with their arguments. */
#ifndef WCP_SIMULATION_FAULTS_H
#define WCP_SIMULATION_FAULTS_H

#include "simulation/kernel.h"

enum { FAULTS = 8 };

struct fault {
    enum call call;
    int number;                 /* errno */
    int disk;                   /* only there; below 0: everywhere */
    unsigned after;             /* so many such calls still succeed */
    unsigned times;             /* then so many fail */
    char process[PROCESS_NAME]; /* only of this one; "": of all */
};

/* No call fails any more. */
void faults_clear(void);
void fault_add(const struct fault *fault);
/* Returns 0, or an errno value below 0: the call fails. `disk` is NULL for calls without one. */
int fault_of(enum call call, const struct disk *disk);
/* True when no call has failed or can fail but renaming on the disk of the keys: a set can go back
 * then. */
bool faults_allow_to_go_back(void);
/* True when such a call failed because of a fault. */
bool fault_hit_call(enum call call);
/* How often a call failed because of a fault. */
unsigned faults_hit(void);

#endif

/* What the files of the wrap layer share. The linker's --wrap sends a call of `name` in the product
 * to `__wrap_name`. It becomes a simulated system call when a simulated process runs, else the real
 * one, `__real_name`. */
#ifndef WCP_SIMULATION_WRAP_H
#define WCP_SIMULATION_WRAP_H

#include "simulation/calls.h"
#include "simulation/kernel.h"

#include <errno.h>

/* Returns a call's result as the C library does: -1 and errno. */
static inline long wrap_result(long result)
{
    if (result >= 0)
        return result;
    errno = (int)-result;
    return -1;
}

#endif

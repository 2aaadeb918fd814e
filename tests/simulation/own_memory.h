/* Memory of the simulation itself. --wrap also replaces malloc(3) here, where it would mean the
 * heap of the process that runs. */
#ifndef WCP_SIMULATION_OWN_MEMORY_H
#define WCP_SIMULATION_OWN_MEMORY_H

#include <stddef.h>

void *__real_realloc(void *block, size_t size);
void __real_free(void *block);

#endif

/* Memory that was wiped: a test program that links this has its own explicit_bzero(3), which remembers its calls. */
#ifndef WCP_TESTS_WIPED_H
#define WCP_TESTS_WIPED_H

#include <stdbool.h>
#include <stddef.h>

/* Forgets all calls so far. */
void wiped_forget(void);
/* True when all of the `size` bytes at `memory` were wiped in one call. The memory may have been given back since. */
bool wiped(const void *memory, size_t size);
unsigned wiped_calls(void);

#endif

/* Random bytes from the kernel. */
#ifndef WCP_BASE_RANDOM_H
#define WCP_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills `size` bytes from getrandom(2), waiting for the kernel's entropy when it has none yet;
 * false when there is no such call. */
bool random_fill(void *out, size_t size);
/* False while the kernel has no entropy yet: random_fill would block. */
bool random_is_ready(void);
/* A number from 0 to `bound` - 1, evenly; `bound` > 0. */
uint32_t random_below(uint32_t bound);

#endif

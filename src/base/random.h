/* Random bytes from the kernel, by getrandom(2). */
#ifndef WCP_BASE_RANDOM_H
#define WCP_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills `size` bytes. Waits while the kernel has no entropy yet. Returns false when the kernel
 * lacks the system call. */
bool random_fill(void *out, size_t size);
/* Returns false while the kernel has no entropy yet: random_fill would wait. */
bool random_is_ready(void);
/* Returns a number from 0 to `bound` - 1, each equally likely; `bound` > 0. Returns 0 when the
 * kernel gives no random bytes. */
uint32_t random_below(uint32_t bound);

#endif

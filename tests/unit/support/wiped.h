/* Memory that was wiped: a test program that includes this, in one source, has its own
 * explicit_bzero(3), which remembers its calls. */
#ifndef WCP_TESTS_WIPED_H
#define WCP_TESTS_WIPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WIPES_REMEMBERED = 64 };

static struct {
    uintptr_t start;
    uintptr_t end;
} wipes[WIPES_REMEMBERED];
static unsigned wipe_count;

static inline void wipe_and_remember(void *memory, size_t size)
{
    memset(memory, 0, size);
    wipes[wipe_count % WIPES_REMEMBERED].start = (uintptr_t)memory;
    wipes[wipe_count % WIPES_REMEMBERED].end = (uintptr_t)memory + size;
    wipe_count++;
}

void explicit_bzero(void *memory, size_t size)
{
    wipe_and_remember(memory, size);
}

/* What the call becomes with glibc where a distribution compiles with _FORTIFY_SOURCE. */
void __explicit_bzero_chk(void *memory, size_t size, size_t room)
{
    (void)room;
    wipe_and_remember(memory, size);
}

/* Forgets all calls so far. */
static inline void wiped_forget(void)
{
    memset(wipes, 0, sizeof wipes);
    wipe_count = 0;
}

/* True when all of the `size` bytes at `memory` were wiped in one call. The memory may have been
 * given back since. */
static inline bool wiped(const void *memory, size_t size)
{
    for (size_t i = 0; i < WIPES_REMEMBERED; i++)
        if (wipes[i].start <= (uintptr_t)memory && (uintptr_t)memory + size <= wipes[i].end)
            return true;
    return false;
}

#endif

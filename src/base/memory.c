#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    PAGE = 4096,            /* at least: what is smaller than the machine's is left alone */
    FREED_HEAP = 96 * 1024, /* more than the work of one cycle needs at a time */
    USED_STACK = 96 * 1024,
};

/* The linker's: the program's first byte and the end of its code. */
extern const char __executable_start[];
extern const char etext[];

/* The whole pages from `start` to `end`; nothing when the kernel's pages are larger and it objects.
 */
static void discard(uintptr_t start, uintptr_t end)
{
    start = (start + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    end &= ~(uintptr_t)(PAGE - 1);
    if (start < end)
        madvise((void *)start, end - start, MADV_DONTNEED);
}

/* The allocator keeps what was freed: a block that takes its place is emptied and freed again. */
static void discard_free_heap(void)
{
    char *block = malloc(FREED_HEAP);
    if (block == NULL)
        return;
    discard((uintptr_t)block, (uintptr_t)block + FREED_HEAP);
    free(block);
}

__attribute__((noinline)) void memory_give_back(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    discard_free_heap();
    discard(here - USED_STACK, here - PAGE);
    discard((uintptr_t)__executable_start, (uintptr_t)etext);
}

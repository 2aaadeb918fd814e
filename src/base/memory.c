#include "base/memory.h"

#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    PAGE = 4096,            /* at least: what is smaller than the machine's is left alone */
    FREED_HEAP = 96 * 1024, /* more than the work of one cycle needs at a time */
    USED_STACK = 96 * 1024,
};

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

/* Called for the executable: what is only read of it is in its file. */
static int discard_code(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && (header->p_flags & PF_X) != 0) {
            discard(start, start + header->p_memsz);
            break; /* another look at the headers would bring their page back */
        }
    }
    return 1; /* other objects are left alone */
}

int memory_sleep(struct pollfd *events, size_t count)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    discard_free_heap();
    discard(here - USED_STACK, here - PAGE);
    dl_iterate_phdr(discard_code, NULL);
    return poll(events, count, -1);
}

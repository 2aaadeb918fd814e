#include "base/memory.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
    PAGE = 4096, /* at least: what is smaller than the machine's is left alone */
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

/* From the linker: where the executable begins in memory. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* What is only read of the program is in its file. */
static void discard_code(void)
{
    uintptr_t base = (uintptr_t)&__ehdr_start;
    __asm__("" : "+r"(base)); /* more lies there than the header that the compiler knows of */
    const ElfW(Phdr) *headers = (const void *)(base + __ehdr_start.e_phoff);
    for (size_t i = 0; i < __ehdr_start.e_phnum; i++)
        if (headers[i].p_type == PT_LOAD && (headers[i].p_flags & PF_W) == 0)
            discard(base + headers[i].p_vaddr, base + headers[i].p_vaddr + headers[i].p_memsz);
}

/* What it saves, in kilobytes of PSS on x86-64, asleep: with 1 certificate 240 to 370 instead of
 * 500, with 50 360 to 490 instead of 620 (`make bench`, "the agent that stays"); the less of the
 * file the kernel maps at a time, the more. 20 of that is the stack. Never inlined: all that its
 * caller still needs of the stack lies above its own frame. */
__attribute__((noinline)) int memory_sleep(struct pollfd *events, size_t count)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    discard(here - USED_STACK, here - PAGE);
    discard_code();
    return poll(events, count, -1);
}

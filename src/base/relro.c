#include "base/relro.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

/* Where the executable begins in memory, ELF header first: from the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Whole pages only, rounded as dynamic loaders do: the linker lets the protected part end where a
 * page ends. */
void relro_protect(void)
{
    uintptr_t base = (uintptr_t)&__ehdr_start;
    __asm__("" : "+r"(base)); /* more lies there than the header that the compiler knows of */
    const ElfW(Phdr) *headers = (const void *)(base + __ehdr_start.e_phoff);
    uintptr_t page = getauxval(AT_PAGESZ);
    for (size_t i = 0; i < __ehdr_start.e_phnum; i++) {
        if (headers[i].p_type != PT_GNU_RELRO || page == 0)
            continue;
        uintptr_t start = base + headers[i].p_vaddr;
        uintptr_t end = (start + headers[i].p_memsz) & ~(page - 1);
        start &= ~(page - 1);
        if (start < end)
            (void)mprotect((void *)start, end - start, PROT_READ);
    }
}

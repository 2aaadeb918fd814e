#include "base/relro.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

/* The ELF header of the executable in memory. The linker defines this symbol. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Protects whole pages, rounded as dynamic loaders do. The linker aligns the end of the protected
 * part to a page. */
void relro_protect(void)
{
    uintptr_t base = (uintptr_t)&__ehdr_start;
    __asm__("" : "+r"(base)); /* hides from the compiler that this is the header only */
    /* A program that is not position-independent lies where its headers say. */
    uintptr_t offset = __ehdr_start.e_type == ET_EXEC ? 0 : base;
    const ElfW(Phdr) *headers = (const void *)(base + __ehdr_start.e_phoff);
    uintptr_t page = getauxval(AT_PAGESZ);
    for (size_t i = 0; i < __ehdr_start.e_phnum; i++) {
        if (headers[i].p_type != PT_GNU_RELRO || page == 0)
            continue;
        uintptr_t start = offset + headers[i].p_vaddr;
        uintptr_t end = (start + headers[i].p_memsz) & ~(page - 1);
        start &= ~(page - 1);
        if (start < end)
            (void)mprotect((void *)start, end - start, PROT_READ);
    }
}

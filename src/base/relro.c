#include "base/relro.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

/* Called for each loaded object, the executable first. Whole pages only, rounded as dynamic loaders
 * do: the linker has the protected part end where a page ends. */
static int protect_object(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    (void)context;
    uintptr_t page = getauxval(AT_PAGESZ);
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        if (header->p_type != PT_GNU_RELRO || page == 0)
            continue;
        uintptr_t start = object->dlpi_addr + header->p_vaddr;
        uintptr_t end = (start + header->p_memsz) & ~(page - 1);
        start &= ~(page - 1);
        if (start < end)
            (void)mprotect((void *)start, end - start, PROT_READ);
    }
    return 1; /* the executable is enough */
}

void relro_protect(void)
{
    dl_iterate_phdr(protect_object, NULL);
}

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* musl's memcpy for ARM is unrolled for every alignment, its memset and memmove for sizes: 0.9 KB.
 * Only for processors that read a word wherever it lies: for others, compilers make the copy of a
 * word a call of memcpy. */
#if defined(__ARM_FEATURE_UNALIGNED) && !defined(__GLIBC__)

/* A word wherever it lies. */
struct word {
    uint32_t value;
} __attribute__((packed, may_alias));

/* The loops must not become calls of what they stand for. */
__attribute__((used, optimize("no-tree-loop-distribute-patterns"))) void *
memcpy(void *restrict to, const void *restrict from, size_t count)
{
    char *at = to;
    const char *source = from;
    for (; count >= sizeof(struct word); count -= sizeof(struct word)) {
        ((struct word *)at)->value = ((const struct word *)source)->value;
        at += sizeof(struct word);
        source += sizeof(struct word);
    }
    while (count-- > 0)
        *at++ = *source++;
    return to;
}

__attribute__((used, optimize("no-tree-loop-distribute-patterns"))) void *
memmove(void *to, const void *from, size_t count)
{
    if ((uintptr_t)to - (uintptr_t)from >= count)
        return memcpy(to, from, count);
    while (count-- > 0)
        ((char *)to)[count] = ((const char *)from)[count];
    return to;
}

__attribute__((used, optimize("no-tree-loop-distribute-patterns"))) void *
memset(void *memory, int byte, size_t count)
{
    char *at = memory;
    uint32_t word = (unsigned char)byte * 0x01010101U;
    for (; count >= sizeof word; count -= sizeof word, at += sizeof word)
        ((struct word *)at)->value = word;
    while (count-- > 0)
        *at++ = (char)byte;
    return memory;
}

#endif

/* Memory for one thread: a list of free chunks in the order of their addresses, of which the first
 * that is large enough is taken, and where neighbours grow together again. Slow with many thousand
 * chunks, which this program never has. What is large is mapped by itself and given back. Freeing a
 * chunk twice, or one whose header was overwritten, ends the process. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ALIGNMENT = 16,
    LARGEST = 128 * 1024,
    REGION_SIZE = 256 * 1024, /* of which the kernel gives what is touched */
    PAGE = 4096,              /* at least */
};

struct chunk {
    _Alignas(ALIGNMENT) size_t size; /* with this header */
    struct chunk *next;              /* in the list; of one that is not, `used` */
};

static struct chunk used[1];
static struct chunk *first_free;

static struct chunk *end_of(struct chunk *chunk)
{
    return (struct chunk *)(void *)((char *)chunk + chunk->size);
}

static struct chunk *map(size_t size)
{
    struct chunk *chunk =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED)
        return NULL; /* with errno ENOMEM */
    chunk->size = size;
    return chunk;
}

static void join(struct chunk *chunk)
{
    if (chunk->next != NULL && end_of(chunk) == chunk->next) {
        chunk->size += chunk->next->size;
        chunk->next = chunk->next->next;
    }
}

static void give(struct chunk *chunk)
{
    struct chunk **link = &first_free;
    struct chunk *before = NULL;
    while (*link != NULL && *link < chunk) {
        before = *link;
        link = &before->next;
    }
    chunk->next = *link;
    *link = chunk;
    join(chunk);
    if (before != NULL)
        join(before);
}

static struct chunk *take(size_t size)
{
    struct chunk **link = &first_free;
    while (*link != NULL && (*link)->size < size)
        link = &(*link)->next;
    struct chunk *chunk = *link;
    if (chunk == NULL)
        return NULL;
    if (chunk->size == size) {
        *link = chunk->next;
    } else {
        size_t rest = chunk->size - size;
        struct chunk *next = chunk->next;
        chunk->size = size;
        *link = end_of(chunk);
        **link = (struct chunk){rest, next};
    }
    return chunk;
}

static void *allocate(size_t size)
{
    struct chunk *chunk = NULL;
    if (size >= PTRDIFF_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    /* One byte at least, so that every chunk can hold a header once it is free. */
    size = (size + (size == 0) + sizeof *chunk + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size > LARGEST) {
        chunk = map(size);
    } else {
        chunk = take(size);
        if (chunk == NULL && (chunk = map(REGION_SIZE)) != NULL) {
            give(chunk);
            chunk = take(size);
        }
    }
    if (chunk == NULL)
        return NULL;
    chunk->next = used;
    return chunk + 1;
}

static struct chunk *chunk_of(void *memory)
{
    struct chunk *chunk = (struct chunk *)memory - 1;
    if (chunk->next != used)
        __builtin_trap();
    return chunk;
}

void *malloc(size_t size)
{
    return allocate(size);
}

void *calloc(size_t count, size_t size)
{
    if (__builtin_mul_overflow(count, size, &size))
        size = SIZE_MAX; /* which is refused */
    void *memory = allocate(size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

void free(void *memory)
{
    if (memory == NULL)
        return;
    struct chunk *chunk = chunk_of(memory);
    int saved = errno;
    if (chunk->size > LARGEST)
        munmap(chunk, chunk->size);
    else
        give(chunk);
    errno = saved;
}

void *realloc(void *memory, size_t size)
{
    if (memory == NULL)
        return allocate(size);
    size_t room = chunk_of(memory)->size - sizeof(struct chunk);
    if (size <= room)
        return memory;
    void *larger = allocate(size);
    if (larger != NULL) {
        memcpy(larger, memory, room);
        free(memory);
    }
    return larger;
}

/* As glibc's: gives back to the kernel what of the free memory is whole pages (`kept`: not looked
 * at). They come again, empty, when they are touched. */
int malloc_trim(size_t kept);
int malloc_trim(size_t kept)
{
    (void)kept;
    for (struct chunk *chunk = first_free; chunk != NULL; chunk = chunk->next) {
        uintptr_t start = ((uintptr_t)(chunk + 1) + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
        uintptr_t end = (uintptr_t)end_of(chunk) & ~(uintptr_t)(PAGE - 1);
        if (start < end)
            madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 1;
}

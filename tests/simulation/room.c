#include "simulation/room.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ROOMS = 48,
    PAGE = 4096,
    STACK_SIZE = 512 * 1024,
    HEAP_SIZE = 16 * 1024 * 1024, /* of addresses: memory is used when it is touched */
    ROOM_SIZE = PAGE + STACK_SIZE + HEAP_SIZE,
    SMALLEST = 32,
    CLASSES = 22,
    FILLED_AT_MOST = 2048,
};

/* At the start of the heap, so that an image of the heap contains it. */
struct heap {
    size_t used;
    void *free_blocks[CLASSES]; /* each holds the address of the next one */
};

/* Before each block. */
struct block_head {
    size_t class;
    size_t padding; /* blocks are aligned to 16 bytes */
};

static struct room rooms[ROOMS];
static char *memory;

static void map_rooms(void)
{
    memory = mmap(NULL, (size_t)ROOMS * ROOM_SIZE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    for (size_t i = 0; i < ROOMS; i++) {
        char *start = memory + i * ROOM_SIZE;
        mprotect(start, PAGE, PROT_NONE);
        rooms[i].stack = start + PAGE;
        rooms[i].stack_end = rooms[i].stack + STACK_SIZE;
        rooms[i].heap = rooms[i].stack_end;
    }
}

struct room *room_open(void)
{
    if (memory == NULL)
        map_rooms();
    for (size_t i = 0; i < ROOMS; i++) {
        if (rooms[i].users > 0)
            continue;
        rooms[i].users = 1;
        *(struct heap *)(void *)rooms[i].heap = (struct heap){.used = sizeof(struct heap)};
        return &rooms[i];
    }
    fputs("no room for another process\n", stderr);
    abort();
}

void room_close(struct room *room)
{
    room->users--;
}

size_t room_heap_size(const struct room *room)
{
    return ((const struct heap *)(const void *)room->heap)->used;
}

static size_t class_of(size_t size)
{
    size_t class = 0;
    while ((size_t)SMALLEST << class < size)
        class ++;
    return class;
}

void *room_allocate(struct room *room, size_t size)
{
    struct heap *heap = (void *)room->heap;
    size_t class = class_of(size);
    size_t whole = sizeof(struct block_head) + ((size_t)SMALLEST << class);
    if (class >= CLASSES)
        return NULL;
    char *block = heap->free_blocks[class];
    if (block != NULL) {
        memcpy(&heap->free_blocks[class], block, sizeof(void *));
    } else {
        size_t start = (heap->used + 15) & ~(size_t)15;
        if (whole > HEAP_SIZE - start)
            return NULL;
        heap->used = start + whole;
        block = room->heap + start + sizeof(struct block_head);
        *(struct block_head *)(void *)(block - sizeof(struct block_head)) =
            (struct block_head){.class = class};
    }
    /* Memory that nobody has set yet is the same in each run, and obviously wrong. */
    memset(block, 0xa5, size < FILLED_AT_MOST ? size : FILLED_AT_MOST);
    return block;
}

static struct block_head *head_of(void *block)
{
    return (void *)((char *)block - sizeof(struct block_head));
}

static bool is_in(const struct room *room, const void *block)
{
    const char *at = block;
    return at >= room->heap && at < room->heap + HEAP_SIZE;
}

void room_free(struct room *room, void *block)
{
    if (block == NULL || !is_in(room, block))
        return;
    struct heap *heap = (void *)room->heap;
    size_t class = head_of(block)->class;
    if ((char *)block + ((size_t)SMALLEST << class) == room->heap + heap->used) {
        heap->used = (size_t)((char *)head_of(block) - room->heap); /* the last one: less to copy */
        return;
    }
    memcpy(block, &heap->free_blocks[class], sizeof(void *));
    heap->free_blocks[class] = block;
}

void *room_reallocate(struct room *room, void *block, size_t size)
{
    size_t has = block == NULL ? 0 : (size_t)SMALLEST << head_of(block)->class;
    if (block != NULL && size <= has)
        return block;
    void *larger = room_allocate(room, size);
    if (larger != NULL && block != NULL) {
        memcpy(larger, block, has);
        room_free(room, block);
    }
    return larger;
}

bool room_owns(const void *block)
{
    const char *at = block;
    return memory != NULL && at >= memory && at < memory + (size_t)ROOMS * ROOM_SIZE;
}

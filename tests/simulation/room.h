/* Rooms: a stack and a heap for a simulated process and those that it forks. The heap is dropped
 * whole when the last of them has ended. */
#ifndef WCP_SIMULATION_ROOM_H
#define WCP_SIMULATION_ROOM_H

#include <stdbool.h>
#include <stddef.h>

struct coroutine;

struct room {
    char *stack; /* a guard page lies below */
    char *stack_end;
    char *heap;
    struct coroutine *resident; /* whose image is in place */
    unsigned users;
};

/* Returns a free room with an empty heap. */
struct room *room_open(void);
/* One user has left. */
void room_close(struct room *room);
/* Bytes in use from the start of the heap. */
size_t room_heap_size(const struct room *room);

/* The functions of malloc(3), in the room's heap. */
void *room_allocate(struct room *room, size_t size);
void *room_reallocate(struct room *room, void *block, size_t size);
/* Does nothing with a block of another room. */
void room_free(struct room *room, void *block);
/* Returns true when the block lies in the heap of any room. */
bool room_owns(const void *block);

#endif

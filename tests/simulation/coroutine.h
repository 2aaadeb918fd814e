/* Coroutines: each simulated process runs on its own stack, and the scheduler resumes one at a
 * time. A forked process has the stack and the heap of its parent at the same addresses, as in a
 * real fork: whoever runs has its own image of both in place. */
#ifndef WCP_SIMULATION_COROUTINE_H
#define WCP_SIMULATION_COROUTINE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

struct room; /* a stack and a heap: room.h */

struct coroutine {
    struct room *room;
    void (*entry)(void *context);
    void *context;
    bool started;
    jmp_buf resume_at;
    char *stack_pointer; /* of the suspended coroutine: what lies above it is in use */
    char *image;         /* stack and heap while another coroutine of the room runs, owned */
    size_t stack_size;   /* of the image */
    size_t heap_size;
};

/* Prepares a coroutine that will call `entry` in a new room. */
void coroutine_start(struct coroutine *coroutine, void (*entry)(void *context), void *context);
/* Frees what the coroutine owns. It must not run. */
void coroutine_end(struct coroutine *coroutine);
/* Called by the scheduler: runs the coroutine until it suspends itself. */
void coroutine_resume(struct coroutine *coroutine);
/* Called by the running coroutine: goes back to the scheduler. */
void coroutine_suspend(void);
/* Called by the running coroutine: makes `child` a copy of it. Returns true in the child, once the
 * scheduler resumes it; false in the caller. */
bool coroutine_fork(struct coroutine *child);
/* The running coroutine; NULL: the scheduler runs. */
struct coroutine *coroutine_running(void);

#endif

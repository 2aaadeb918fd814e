#include "simulation/coroutine.h"

#include "simulation/own_memory.h"
#include "simulation/room.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

/* What lies below a frame and belongs to it: a function's locals, and the red zone. */
enum { BELOW_FRAME = 1024 };

static jmp_buf scheduler;
static struct coroutine *running;

struct coroutine *coroutine_running(void)
{
    return running;
}

void coroutine_start(struct coroutine *coroutine, void (*entry)(void *context), void *context)
{
    *coroutine = (struct coroutine){.entry = entry, .context = context, .room = room_open()};
    coroutine->room->resident = coroutine;
}

void coroutine_end(struct coroutine *coroutine)
{
    if (coroutine->room->resident == coroutine)
        coroutine->room->resident = NULL;
    room_close(coroutine->room);
    __real_free(coroutine->image);
    *coroutine = (struct coroutine){0};
}

/* Copies stack and heap out of the room. */
static void save_image(struct coroutine *coroutine, const char *stack_pointer)
{
    const struct room *room = coroutine->room;
    coroutine->stack_size = (size_t)(room->stack_end - stack_pointer);
    coroutine->heap_size = room_heap_size(room);
    coroutine->image =
        __real_realloc(coroutine->image, coroutine->stack_size + coroutine->heap_size);
    memcpy(coroutine->image, stack_pointer, coroutine->stack_size);
    memcpy(coroutine->image + coroutine->stack_size, room->heap, coroutine->heap_size);
}

static void restore_image(const struct coroutine *coroutine)
{
    const struct room *room = coroutine->room;
    memcpy(room->stack_end - coroutine->stack_size, coroutine->image, coroutine->stack_size);
    memcpy(room->heap, coroutine->image + coroutine->stack_size, coroutine->heap_size);
}

static void move_in(struct coroutine *coroutine)
{
    struct room *room = coroutine->room;
    if (room->resident == coroutine)
        return;
    if (room->resident != NULL)
        save_image(room->resident, room->resident->stack_pointer);
    restore_image(coroutine);
    room->resident = coroutine;
}

static void first_step(void)
{
    running->entry(running->context);
    abort(); /* `entry` ends its process and never returns */
}

static void enter_first(struct coroutine *coroutine)
{
    static ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = coroutine->room->stack;
    context.uc_stack.ss_size = (size_t)(coroutine->room->stack_end - coroutine->room->stack);
    context.uc_link = NULL;
    makecontext(&context, first_step, 0);
    coroutine->started = true;
    setcontext(&context);
}

void coroutine_resume(struct coroutine *coroutine)
{
    running = coroutine;
    if (_setjmp(scheduler) == 0) {
        move_in(coroutine);
        if (!coroutine->started)
            enter_first(coroutine);
        _longjmp(coroutine->resume_at, 1); /* setjmp without the signal mask: no system call */
    }
    running = NULL;
}

__attribute__((noinline)) void coroutine_suspend(void)
{
    running->stack_pointer = (char *)__builtin_frame_address(0) - BELOW_FRAME;
    if (_setjmp(running->resume_at) == 0)
        _longjmp(scheduler, 1);
}

__attribute__((noinline)) bool coroutine_fork(struct coroutine *child)
{
    *child = (struct coroutine){.room = running->room, .started = true};
    child->room->users++;
    if (_setjmp(child->resume_at) != 0)
        return true;
    save_image(child, (const char *)__builtin_frame_address(0) - BELOW_FRAME);
    return false;
}

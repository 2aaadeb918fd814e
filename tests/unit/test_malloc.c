/* third_party/musl/lean/malloc.c, which the Makefile compiles here under names that begin with
 * lean_. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

void *lean_malloc(size_t size);
void *lean_calloc(size_t count, size_t size);
void *lean_realloc(void *memory, size_t size);
void lean_free(void *memory);

enum { HELD = 200, STEPS = 20000 };

struct piece {
    uint8_t *memory;
    size_t size;
    uint8_t pattern;
};

/* The same numbers in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void assert_holds(const struct piece *piece, size_t size)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(piece->memory[i], piece->pattern);
}

static void fill(struct piece *piece)
{
    assert_non_null(piece->memory);
    assert_int_equal((uintptr_t)piece->memory % 16, 0);
    memset(piece->memory, piece->pattern, piece->size);
}

/* Mostly small, some larger than a region of the heap. */
static size_t random_size(uint32_t *state)
{
    uint32_t random = next_random(state);
    return random % 100 == 0 ? next_random(state) % 600000
                             : next_random(state) % (random % 3000 + 1);
}

static void what_is_held_stays_as_it_was_written(void **state)
{
    (void)state;
    struct piece held[HELD] = {0};
    uint32_t random = 1;
    for (int step = 0; step < STEPS; step++) {
        struct piece *piece = &held[next_random(&random) % HELD];
        size_t size = random_size(&random);
        if (piece->memory == NULL) {
            *piece = (struct piece){lean_malloc(size), size, (uint8_t)step};
            fill(piece);
        } else if (step % 3 == 0) {
            piece->memory = lean_realloc(piece->memory, size);
            assert_holds(piece, size < piece->size ? size : piece->size);
            piece->size = size;
            fill(piece);
        } else {
            assert_holds(piece, piece->size);
            lean_free(piece->memory);
            *piece = (struct piece){0};
        }
    }
    for (int i = 0; i < HELD; i++)
        lean_free(held[i].memory);
}

static void neighbours_that_are_freed_in_any_order_become_one(void **state)
{
    (void)state;
    enum { COUNT = 60, SIZE = 1000 };
    void *pieces[COUNT];
    for (int i = 0; i < COUNT; i++)
        pieces[i] = lean_malloc(SIZE);
    uintptr_t lowest = UINTPTR_MAX;
    for (int i = 0; i < COUNT; i++)
        lowest = (uintptr_t)pieces[i] < lowest ? (uintptr_t)pieces[i] : lowest;
    for (int i = 0; i < COUNT; i++)
        lean_free(pieces[i * 7 % COUNT]);
    void *whole = lean_malloc((size_t)COUNT * SIZE);
    assert_true((uintptr_t)whole <= lowest);
    lean_free(whole);
}

static void calloc_clears_what_was_used_before(void **state)
{
    (void)state;
    static const uint8_t zeros[500];
    void *before = lean_malloc(sizeof zeros);
    memset(before, 0xff, sizeof zeros);
    lean_free(before);
    void *after = lean_calloc(5, 100);
    assert_memory_equal(after, zeros, sizeof zeros);
    lean_free(after);
}

static void nothing_is_something_that_can_be_freed(void **state)
{
    (void)state;
    void *one = lean_malloc(0);
    void *other = lean_calloc(0, 8);
    assert_non_null(one);
    assert_non_null(other);
    assert_ptr_not_equal(one, other);
    lean_free(one);
    lean_free(other);
    lean_free(NULL);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    static volatile size_t too_much[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2 + 1, SIZE_MAX / 2};
    for (size_t i = 0; i < sizeof too_much / sizeof too_much[0]; i++) {
        errno = 0;
        assert_null(lean_malloc(too_much[i]));
        assert_int_equal(errno, ENOMEM);
    }
    assert_null(lean_calloc(too_much[2], 2));
    assert_null(lean_calloc(too_much[0] / 16 + 2, 16));
    uint8_t *kept = lean_malloc(10);
    memset(kept, 7, 10);
    assert_null(lean_realloc(kept, too_much[0]));
    assert_int_equal(kept[9], 7);
    lean_free(kept);
}

static void assert_ends_process(void (*wrong)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        wrong();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void free_twice(void)
{
    void *volatile memory = lean_malloc(100);
    lean_free(memory);
    lean_free(memory);
}

static void overrun(void)
{
    char *volatile first = lean_malloc(32);
    char *volatile second = lean_malloc(32);
    char *volatile lower = first < second ? first : second;
    memset(lower, 'x', 64);
    lean_free(first < second ? second : first);
}

static void misuse_ends_the_process(void **state)
{
    (void)state;
    assert_ends_process(free_twice);
    assert_ends_process(overrun);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_stays_as_it_was_written),
        cmocka_unit_test(neighbours_that_are_freed_in_any_order_become_one),
        cmocka_unit_test(calloc_clears_what_was_used_before),
        cmocka_unit_test(nothing_is_something_that_can_be_freed),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(misuse_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The canary of ARM's functions, in the second word above the thread pointer, which the ABI leaves
 * to the implementation and musl leaves alone. From musl's own place, below that pointer, every
 * guarded function needs longer instructions: 1.5 KB. The board's file tells the compiler. */
#if defined(WCP_CANARY_ABOVE_THREAD_POINTER)

#include <stdint.h>
#include <string.h>

uintptr_t __stack_chk_guard;

void __init_ssp(void *entropy) __attribute__((visibility("hidden")));
void __stack_chk_fail_local(void) __attribute__((visibility("hidden")));
void __stack_chk_fail(void);

/* `entropy`: random bytes from the kernel, as every kernel since 2.6.29 hands them over. No
 * function with a canary runs before. */
void __init_ssp(void *entropy)
{
    memcpy(&__stack_chk_guard, entropy, sizeof __stack_chk_guard);
    ((uintptr_t *)__builtin_thread_pointer())[1] = __stack_chk_guard;
}

void __stack_chk_fail(void)
{
    __builtin_trap();
}

void __stack_chk_fail_local(void)
{
    __builtin_trap();
}

#endif

/* musl's locks between threads. This program has one thread. */

void __lock(volatile int *lock) __attribute__((visibility("hidden")));
void __unlock(volatile int *lock) __attribute__((visibility("hidden")));

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is musl's */
void __lock(volatile int *lock)
{
    (void)lock;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is musl's */
void __unlock(volatile int *lock)
{
    (void)lock;
}

/* musl's locks between threads. This program has one thread. */

void __lock(volatile int *lock) __attribute__((visibility("hidden")));
void __unlock(volatile int *lock) __attribute__((visibility("hidden")));

void __lock(volatile int *lock)
{
    (void)lock;
}

void __unlock(volatile int *lock)
{
    (void)lock;
}

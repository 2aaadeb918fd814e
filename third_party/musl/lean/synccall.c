/* musl changes user and group in every thread, by signals and semaphores (2 KB). This program has
 * one thread. */

/* Called by setgroups, setresuid and their like. */
void __synccall(void (*change)(void *), void *context) __attribute__((visibility("hidden")));

void __synccall(void (*change)(void *), void *context)
{
    change(context);
}

/* qsort(3) as a heap sort: the resolver sorts a few dozen addresses with it, for which musl's
 * smooth sort is 1.5 KB. */
#include <stdlib.h>

typedef int (*comparison)(const void *, const void *);

static void swap(char *a, char *b, size_t size)
{
    for (; size > 0; size--, a++, b++) {
        char kept = *a;
        *a = *b;
        *b = kept;
    }
}

/* Moves the element at `root` down until both of its children are smaller. */
static void sink(char *base, size_t root, size_t count, size_t size, comparison compare)
{
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (compare(base + root * size, base + child * size) >= 0)
            return;
        swap(base + root * size, base + child * size, size);
        root = child;
    }
}

void qsort(void *array, size_t count, size_t size, comparison compare)
{
    for (size_t root = count / 2; root > 0; root--)
        sink(array, root - 1, count, size, compare);
    for (size_t end = count; end > 1; end--) {
        swap(array, (char *)array + (end - 1) * size, size);
        sink(array, 0, end - 1, size, compare);
    }
}

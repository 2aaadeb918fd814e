#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

bool random_fill(void *out, size_t size)
{
    unsigned char *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

bool random_is_ready(void)
{
    unsigned char probe = 0;
    return getrandom(&probe, sizeof probe, GRND_NONBLOCK) == 1 || errno != EAGAIN;
}

uint32_t random_below(uint32_t bound)
{
    uint32_t value = 0;
    /* Values below 2^32 mod bound are drawn again: otherwise small results would be more likely. */
    uint32_t rejected = (uint32_t)(0 - bound) % bound;
    do {
        if (!random_fill(&value, sizeof value))
            return 0;
    } while (value < rejected);
    return value % bound;
}

/* inet_ntop(3), RFC 5952. musl's own goes through snprintf, and printf's 15 KB would be in the
 * binary for nothing else. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { GROUPS = 8 };

static char *put_number(char *at, unsigned number, unsigned base)
{
    static const char digits[] = "0123456789abcdef";
    unsigned divisor = 1;
    while (number / divisor >= base)
        divisor *= base;
    for (; divisor > 0; divisor /= base)
        *at++ = digits[number / divisor % base];
    return at;
}

static char *put_v4(char *at, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        at = put_number(at, bytes[i], 10);
    }
    return at;
}

/* Where the longest run of at least two zero groups begins, and its length; the first of equals. */
static int longest_zeros(const unsigned *groups, int *length)
{
    int best = 0;
    *length = 0;
    for (int i = 0; i < GROUPS; i++) {
        int end = i;
        while (end < GROUPS && groups[end] == 0)
            end++;
        if (end - i > *length && end - i > 1) {
            best = i;
            *length = end - i;
        }
    }
    return best;
}

static char *put_v6(char *at, const uint8_t *bytes)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        for (const char *prefix = "::ffff:"; *prefix != '\0'; prefix++)
            *at++ = *prefix;
        return put_v4(at, bytes + 12);
    }
    unsigned groups[GROUPS];
    for (int i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    int length = 0;
    int zeros = longest_zeros(groups, &length);
    for (int i = 0; i < GROUPS; i++) {
        if (length > 0 && i == zeros) {
            *at++ = ':';
            i += length - 1;
            if (i == GROUPS - 1)
                *at++ = ':';
            continue;
        }
        if (i > 0)
            *at++ = ':';
        at = put_number(at, groups[i], 16);
    }
    return at;
}

const char *inet_ntop(int family, const void *restrict address, char *restrict text, socklen_t size)
{
    char whole[INET6_ADDRSTRLEN];
    char *end = NULL;
    if (family == AF_INET) {
        end = put_v4(whole, address);
    } else if (family == AF_INET6) {
        end = put_v6(whole, address);
    } else {
        errno = EAFNOSUPPORT;
        return NULL;
    }
    *end = '\0';
    if ((size_t)(end - whole) >= size) {
        errno = ENOSPC;
        return NULL;
    }
    return memcpy(text, whole, (size_t)(end - whole) + 1);
}

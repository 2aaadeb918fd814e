/* A server that allows so many calls a second: a token bucket, as AWS describes its own limits. The
 * bucket holds one second's tokens, and a call that is refused takes none. */
#ifndef WCP_FLEET_QUOTA_H
#define WCP_FLEET_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct quota {
    int64_t rate;   /* calls a second, and the most that the bucket holds */
    int64_t tokens; /* in thousandths */
    int64_t at;     /* milliseconds: when `tokens` was right */
    uint64_t calls;
    uint64_t refused;
};

static inline struct quota quota_of(int64_t rate)
{
    return (struct quota){.rate = rate, .tokens = rate * 1000};
}

/* One call at `now`, which is never before that of an earlier call. False: it is refused. */
static inline bool quota_allows(struct quota *quota, int64_t now)
{
    int64_t most = quota->rate * 1000;
    int64_t refilled = quota->tokens + (now - quota->at) * quota->rate;
    quota->tokens = refilled < most ? refilled : most;
    quota->at = now;
    quota->calls++;
    if (quota->tokens >= 1000) {
        quota->tokens -= 1000;
        return true;
    }
    quota->refused++;
    return false;
}

#endif

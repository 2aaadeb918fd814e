#include "supervisor/schedule.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    SPREAD_OF_SUCCESS = 5 * MINUTE,
    TOGETHER = 10 * SECOND, /* failures of one batch are reported within this time */
    SETTLE_STEP = 5 * SECOND,
    SETTLE_MOST = MINUTE,
    EARLY_RETRY_INTERVAL = 30 * SECOND,
    THROTTLED_FIRST = SECOND,
    THROTTLED_MOST = 5 * MINUTE,
    THROTTLING_ENDS = 10 * MINUTE, /* without a refused call, which comes every 5 while it lasts */
};

/* Jitter: the part of `whole` that `dice` is of all 32-bit numbers. */
static int64_t fraction(int64_t whole, uint32_t dice)
{
    return whole * (int64_t)(dice >> 8) >> 24;
}

/* Returns `least`, doubled for each failure after the first, at most `most`. */
static int64_t doubled(int64_t least, uint32_t failures, int64_t most)
{
    for (uint32_t i = 1; i < failures && least < most; i++)
        least *= 2;
    return least < most ? least : most;
}

int64_t schedule_delay(enum error_kind outcome, uint32_t failures, int64_t span, uint32_t dice)
{
    switch (outcome) {
    case ERROR_NONE:
        return span + fraction(SPREAD_OF_SUCCESS, dice);
    case ERROR_THROTTLED: {
        int64_t least = THROTTLED_FIRST + span / 10;
        if (least > THROTTLED_MOST / 4)
            least = THROTTLED_MOST / 4;
        return least + fraction(3 * least, dice);
    }
    case ERROR_CONFIGURATION:
    case ERROR_PERMANENT:
    case ERROR_DENIED: {
        int64_t delay = doubled(15 * MINUTE, failures, 6 * HOUR);
        return delay - fraction(delay / 8, dice);
    }
    default:
        return SECOND + fraction(doubled(30 * SECOND, failures, HOUR) - SECOND, dice);
    }
}

/* The delay before the next attempt to put files in place. */
static int64_t settle_delay(uint32_t failures)
{
    int64_t delay = (int64_t)failures * SETTLE_STEP;
    return delay < SETTLE_MOST ? delay : SETTLE_MOST;
}

void schedule_init(struct schedule *schedule, const size_t *roles, size_t count, int64_t interval,
                   int64_t first)
{
    *schedule = (struct schedule){.count = count, .interval = interval, .throttled_at = -HOUR};
    for (size_t i = 0; i < count; i++) {
        schedule->entries[i] = (struct schedule_entry){
            .role = roles[i],
            .retry_at = first,
            .settle_at = SCHEDULE_NEVER,
            .early_at = -HOUR,
        };
        schedule->cycle_at[i] = roles[i] == i ? first : SCHEDULE_NEVER;
    }
}

void schedule_carry_over(struct schedule *schedule, size_t index, const struct schedule *before,
                         size_t index_before, int64_t now)
{
    struct schedule_entry *entry = &schedule->entries[index];
    size_t role = entry->role;
    *entry = before->entries[index_before];
    schedule->throttled_since = before->throttled_since;
    schedule->throttled_at = before->throttled_at;
    int64_t latest = now + schedule->interval + SPREAD_OF_SUCCESS;
    int64_t at = before->cycle_at[entry->role];
    schedule->cycle_at[role] = at < latest ? at : latest;
    entry->role = role;
    if (entry->busy)
        entry->retry_at = now;
    entry->busy = false;
}

static bool is_due(const struct schedule *schedule, size_t index, int64_t now)
{
    const struct schedule_entry *entry = &schedule->entries[index];
    return !entry->busy && (entry->retry_at <= now || schedule->cycle_at[entry->role] <= now);
}

/* A different random number for each role. */
static uint32_t dice_of_role(uint32_t dice, size_t role)
{
    return dice + (uint32_t)role * 0x9e3779b9U;
}

size_t schedule_start_due(struct schedule *schedule, int64_t now, uint32_t dice,
                          bool chosen[LIMIT_CERTIFICATES])
{
    bool role_is_due[LIMIT_CERTIFICATES] = {false};
    size_t taken = 0;
    for (size_t i = 0; i < schedule->count; i++)
        if (is_due(schedule, i, now))
            role_is_due[schedule->entries[i].role] = true;
    for (size_t i = 0; i < schedule->count; i++) {
        struct schedule_entry *entry = &schedule->entries[i];
        chosen[i] = role_is_due[entry->role] && is_due(schedule, i, now + TOGETHER);
        if (!chosen[i])
            continue;
        entry->busy = true;
        entry->retry_at = SCHEDULE_NEVER;
        entry->dice = dice_of_role(dice, entry->role);
        taken++;
    }
    for (size_t role = 0; role < schedule->count; role++)
        if (role_is_due[role] && schedule->cycle_at[role] <= now + TOGETHER)
            schedule->cycle_at[role] =
                now + schedule_delay(ERROR_NONE, 0, schedule->interval, dice_of_role(dice, role));
    return taken;
}

static bool is_throttled(const struct schedule *schedule, int64_t now)
{
    return now - schedule->throttled_at < THROTTLING_ENDS;
}

/* Plans the next cycle of a role whose fleet has just stood in a queue. */
static int64_t cycle_after_queue(const struct schedule *schedule, uint32_t dice, int64_t now)
{
    int64_t waited = now - schedule->throttled_since;
    int64_t most = schedule->interval / 8;
    return now + schedule_delay(ERROR_NONE, 0, schedule->interval, dice) +
           fraction(waited < most ? waited : most, dice);
}

static void end_success(struct schedule *schedule, struct schedule_entry *entry, int64_t now)
{
    entry->failures = 0;
    entry->throttled = false;
    if (is_throttled(schedule, now))
        schedule->cycle_at[entry->role] = cycle_after_queue(schedule, entry->dice, now);
}

static void end_failure(struct schedule *schedule, struct schedule_entry *entry,
                        enum error_kind outcome, int64_t now)
{
    bool throttled = outcome == ERROR_THROTTLED;
    if (throttled && !is_throttled(schedule, now))
        schedule->throttled_since = now;
    if (throttled)
        schedule->throttled_at = now;
    entry->failures = entry->throttled == throttled ? entry->failures + 1 : 1;
    entry->throttled = throttled;
    entry->retry_at = now + schedule_delay(outcome, entry->failures,
                                           now - schedule->throttled_since, entry->dice);
}

void schedule_fetch_ended(struct schedule *schedule, size_t index, enum error_kind outcome,
                          int64_t now)
{
    struct schedule_entry *entry = &schedule->entries[index];
    entry->busy = false;
    entry->retry_at = SCHEDULE_NEVER;
    if (outcome == ERROR_NONE)
        end_success(schedule, entry, now);
    else
        end_failure(schedule, entry, outcome, now);
}

void schedule_fetch_committed(struct schedule *schedule, size_t index)
{
    schedule->entries[index].busy = false;
    schedule->entries[index].retry_at = SCHEDULE_NEVER;
}

void schedule_deployment_ended(struct schedule *schedule, size_t index,
                               enum schedule_deployment outcome, uint32_t dice, int64_t now)
{
    struct schedule_entry *entry = &schedule->entries[index];
    entry->settle_at = SCHEDULE_NEVER;
    entry->settle_failures = outcome == SCHEDULE_DEPLOYED ? 0 : entry->settle_failures + 1;
    if (outcome == SCHEDULE_NOT_DEPLOYED)
        entry->settle_at = now + schedule_delay(ERROR_TRANSIENT, entry->settle_failures, 0, dice);
    else if (outcome == SCHEDULE_UNSETTLED)
        entry->settle_at = now + settle_delay(entry->settle_failures);
}

void schedule_all_now(struct schedule *schedule, int64_t now)
{
    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->entries[i].role == i)
            schedule->cycle_at[i] = now;
}

int64_t schedule_next_early_retry(int64_t last, int64_t now)
{
    int64_t next =
        last > now ? last : last + EARLY_RETRY_INTERVAL; /* the planned one, or a new one */
    return next > now ? next : now;
}

void schedule_retry_early(struct schedule *schedule, int64_t now, int64_t spread, uint32_t dice)
{
    int64_t at = schedule_spread(now, spread, dice);
    for (size_t i = 0; i < schedule->count; i++) {
        struct schedule_entry *entry = &schedule->entries[i];
        if (entry->failures > 0 && !entry->throttled && entry->retry_at != SCHEDULE_NEVER &&
            entry->retry_at > at)
            entry->retry_at = at;
    }
}

int64_t schedule_spread(int64_t now, int64_t spread, uint32_t dice)
{
    return now + fraction(spread, dice);
}

/* Brings a fetch forward to `at`, or to an hour after the last time that this was done. */
static void bring_forward(struct schedule *schedule, size_t index, int64_t at)
{
    struct schedule_entry *entry = &schedule->entries[index];
    if (at < entry->early_at + HOUR)
        at = entry->early_at + HOUR;
    if (entry->busy || schedule_next_fetch_of(schedule, index) <= at)
        return;
    entry->retry_at = at;
    entry->early_at = at;
}

void schedule_clock_set(struct schedule *schedule, size_t index, int64_t step, int64_t expires,
                        int64_t at)
{
    if (step > HOUR || expires < schedule_next_fetch_of(schedule, index))
        bring_forward(schedule, index, at);
}

void schedule_before_expiry(struct schedule *schedule, size_t index, int64_t expires, int64_t now)
{
    int64_t half = (expires - now) / 2;
    if (expires < schedule_next_fetch_of(schedule, index))
        bring_forward(schedule, index, now + (half > HOUR ? half : HOUR));
}

bool schedule_has_failures(const struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->entries[i].failures > 0)
            return true;
    return false;
}

int64_t schedule_next_fetch_of(const struct schedule *schedule, size_t index)
{
    const struct schedule_entry *entry = &schedule->entries[index];
    int64_t cycle = schedule->cycle_at[entry->role];
    return entry->retry_at < cycle ? entry->retry_at : cycle;
}

int64_t schedule_next_fetch(const struct schedule *schedule)
{
    int64_t next = SCHEDULE_NEVER;
    for (size_t i = 0; i < schedule->count; i++) {
        int64_t at = schedule_next_fetch_of(schedule, i);
        if (!schedule->entries[i].busy && at < next)
            next = at;
    }
    return next;
}

int64_t schedule_next_settling(const struct schedule *schedule)
{
    int64_t next = SCHEDULE_NEVER;
    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->entries[i].settle_at < next)
            next = schedule->entries[i].settle_at;
    return next;
}

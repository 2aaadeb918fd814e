/* When each certificate is tried next. Pure: it is told the time and its random numbers, so that
 * years pass in a test's millisecond.
 * Times are milliseconds on the clock of clock_monotonic_ms. */
#ifndef WCP_SUPERVISOR_SCHEDULE_H
#define WCP_SUPERVISOR_SCHEDULE_H

#include "base/error.h"
#include "base/limits.h"

#include <stdint.h>

#define SCHEDULE_NEVER INT64_MAX

/* How long until the next try. `outcome` is ERROR_NONE after a success: the interval and up to 5
 * minutes. Passing failures: from 30 s, doubling, to an hour; throttling from 60 s; both anywhere
 * within that time. What a person must mend: from 15 minutes to 6 hours. `failures` counts those in
 * a row, this one included; `dice` is any number. */
int64_t schedule_delay(enum error_kind outcome, uint32_t failures, int64_t interval, uint32_t dice);

/* One certificate. */
struct schedule_entry {
    size_t role;       /* the first certificate with the same role */
    int64_t retry_at;  /* by itself, after a failure or for the first time; else SCHEDULE_NEVER */
    int64_t settle_at; /* what is on disk is to be looked at without network; else SCHEDULE_NEVER */
    uint32_t failures; /* in a row */
    uint32_t settle_failures;
    uint32_t dice; /* of the batch it is in: what fails together is tried again together */
    bool busy;     /* under way */
};

struct schedule {
    size_t count;
    int64_t interval;
    struct schedule_entry entries[LIMIT_CERTIFICATES];
    int64_t cycle_at[LIMIT_CERTIFICATES]; /* of a role, in the place of its first certificate: when
                                             all of its certificates are tried */
};

/* `roles[i]` is the place of the first certificate with the role of certificate number i. Every
 * role's first cycle is at `first`. */
void schedule_init(struct schedule *schedule, const size_t *roles, size_t count, int64_t interval,
                   int64_t first);
/* Takes over what `before` knows of a certificate, and of its role, under its new number. A
 * certificate that was under way is due at once. */
void schedule_carry_over(struct schedule *schedule, size_t index, const struct schedule *before,
                         size_t index_before, int64_t now);

/* Marks the certificates that are due, in all roles, as under way: `chosen` by number. Returns how
 * many. A certificate that failed brings along those of its role that failed with it. */
size_t schedule_start_due(struct schedule *schedule, int64_t now, uint32_t dice,
                          bool chosen[LIMIT_CERTIFICATES]);
/* What became of a certificate under way. */
void schedule_fetch_ended(struct schedule *schedule, size_t index, enum error_kind outcome,
                          int64_t now);

/* What became of an attempt to have the server take up what is on disk. */
enum schedule_deployment {
    SCHEDULE_DEPLOYED,
    SCHEDULE_NOT_DEPLOYED, /* the hook failed, or the server presents another certificate */
    SCHEDULE_UNSETTLED,    /* files of the set are not in place */
};
/* Plans the next attempt: none, from 30 s on as after any passing failure, or in 5 to 60 s. */
void schedule_deployment_ended(struct schedule *schedule, size_t index,
                               enum schedule_deployment outcome, uint32_t dice, int64_t now);

/* Everything is due now. */
void schedule_all_now(struct schedule *schedule, int64_t now);
/* When the world's next change may hurry what failed, after it did so at `last`: a link that comes
 * and goes, or a clock that is set all the time, is no reason to ask all the time. */
int64_t schedule_next_early_retry(int64_t last, int64_t now);
/* The world has changed: what failed is tried again within `spread` ms from now. */
void schedule_retry_early(struct schedule *schedule, int64_t now, int64_t spread, uint32_t dice);

/* True while something that failed may pass by itself. */
bool schedule_has_failures(const struct schedule *schedule);

/* When the next certificate is to be fetched, of all or of one; SCHEDULE_NEVER: none waits. */
int64_t schedule_next_fetch(const struct schedule *schedule);
int64_t schedule_next_fetch_of(const struct schedule *schedule, size_t index);
/* When the next set of files is to be looked at. */
int64_t schedule_next_settling(const struct schedule *schedule);

#endif

/* The schedule: when each certificate is tried next. It is given the time and random numbers, so
 * that a test can simulate years in a moment. Times are milliseconds on the clock of
 * clock_monotonic_ms. */
#ifndef WCP_SUPERVISOR_SCHEDULE_H
#define WCP_SUPERVISOR_SCHEDULE_H

#include "base/error.h"
#include "base/limits.h"

#include <stdint.h>

#define SCHEDULE_NEVER INT64_MAX

/* The delay before the next attempt, with its jitter. `outcome` is ERROR_NONE after a success, else
 * the kind of the failure; `failures` counts the failures in a row, this one included; `dice` is a
 * random number.
 * - Success: `span`, the interval, and up to 5 minutes.
 * - Transient failure: at random from 1 s to 30 s; the limit doubles with each failure, to an hour.
 * - Throttled: at random from 1 s and a tenth of `span` to four times that, at most 5 minutes.
 *   `span` is the time since throttling began. Many boxes may share a quota, and the time that one
 *   has waited in vain tells how long the queue is. With a larger part of `span`, fewer calls are
 *   refused, and the last box is done later (`make fleet` measures both).
 * - Failure that a person has to fix (configuration, permanent, denied): 15 minutes, doubling to
 *   6 hours, less up to an eighth. */
int64_t schedule_delay(enum error_kind outcome, uint32_t failures, int64_t span, uint32_t dice);

/* One certificate. */
struct schedule_entry {
    size_t role;       /* index of the first certificate with the same role */
    int64_t retry_at;  /* its own next fetch: the first one, or a retry; else SCHEDULE_NEVER */
    int64_t settle_at; /* the next attempt to finish its deployment; else SCHEDULE_NEVER */
    uint32_t failures; /* of fetches, in a row; those by throttling count apart from others */
    bool throttled;    /* the last fetch failed by throttling */
    uint32_t settle_failures;
    int64_t early_at; /* the last fetch that clock or expiry brought forward; may be to come */
    uint32_t dice;    /* of its batch: certificates that fail together are retried together */
    bool busy;        /* being fetched */
};

struct schedule {
    size_t count;
    int64_t interval;
    /* Throttling began at `throttled_since`, and was met last at `throttled_at`. All certificates
     * share it, as they share the quota: what one has learned, the next one need not. */
    int64_t throttled_since;
    int64_t throttled_at;
    struct schedule_entry entries[LIMIT_CERTIFICATES];
    int64_t cycle_at[LIMIT_CERTIFICATES]; /* by role: the next fetch of all its certificates */
};

/* Initialises the schedule. `roles[i]` is the index of the first certificate with the role of
 * certificate i. The first cycle of every role is at `first`. */
void schedule_init(struct schedule *schedule, const size_t *roles, size_t count, int64_t interval,
                   int64_t first);
/* Copies the state of a certificate, and of its role, from the schedule of an earlier
 * configuration. `index_before` is its index there. A certificate that was being fetched is due at
 * once. */
void schedule_carry_over(struct schedule *schedule, size_t index, const struct schedule *before,
                         size_t index_before, int64_t now);

/* Marks the due certificates of all roles as being fetched: sets `chosen[index]` for each. Returns
 * their number. A certificate that failed is retried together with those of its role that failed
 * with it. */
size_t schedule_start_due(struct schedule *schedule, int64_t now, uint32_t dice,
                          bool chosen[LIMIT_CERTIFICATES]);
/* The fetch of a certificate has ended with `outcome`; ERROR_NONE: it succeeded. A success within
 * 10 minutes of throttling moves the next cycle of its role: to an interval from now, and at random
 * up to as long as the throttling lasted, at most an eighth of the interval. Boxes that stood in a
 * queue then do not meet there again the next day. */
void schedule_fetch_ended(struct schedule *schedule, size_t index, enum error_kind outcome,
                          int64_t now);
/* The same for a fetch that succeeded, while its files are committed but not in place: the failures
 * so far still count when the files are put back. */
void schedule_fetch_committed(struct schedule *schedule, size_t index);

/* The outcome of an attempt to deploy the files on disk. */
enum schedule_deployment {
    SCHEDULE_DEPLOYED,
    SCHEDULE_NOT_DEPLOYED, /* the hook failed, or the server presents another certificate */
    SCHEDULE_UNSETTLED,    /* not all files are in place */
};
/* Plans the next attempt: none after SCHEDULE_DEPLOYED; the delay of a transient failure after
 * SCHEDULE_NOT_DEPLOYED; 5 to 60 s after SCHEDULE_UNSETTLED. */
void schedule_deployment_ended(struct schedule *schedule, size_t index,
                               enum schedule_deployment outcome, uint32_t dice, int64_t now);

/* Makes every certificate due now. */
void schedule_all_now(struct schedule *schedule, int64_t now);
/* The time of the next early retry, when the last one was at `last` and its cause (a change of
 * network or clock) occurs at `now`. Early retries are at least 30 s apart: a link that goes up and
 * down must not cause a retry each time. */
int64_t schedule_next_early_retry(int64_t last, int64_t now);
/* Brings the retries of all failed certificates forward to a random time within `spread` ms from
 * `now`; not of those that were throttled: the cause of that is elsewhere. */
void schedule_retry_early(struct schedule *schedule, int64_t now, int64_t spread, uint32_t dice);

/* The wall clock was set, by `step` ms; the certificate expires at `expires`. Brings its fetch
 * forward to `at` when the clock jumped forward by more than an hour (the machine was paused, and
 * what is known of ACM is old), or when the certificate would expire before its next fetch. */
void schedule_clock_set(struct schedule *schedule, size_t index, int64_t step, int64_t expires,
                        int64_t at);
/* A fetch has ended. When the certificate would expire before the next one, plans that one for the
 * middle of the time that is left, and at the earliest in an hour. Clock and expiry together bring
 * the fetches of a certificate forward at most once an hour. */
void schedule_before_expiry(struct schedule *schedule, size_t index, int64_t expires, int64_t now);
/* A random time from `now` to `spread` ms later. */
int64_t schedule_spread(int64_t now, int64_t spread, uint32_t dice);

/* True when a certificate's last fetch failed. */
bool schedule_has_failures(const struct schedule *schedule);

/* The time of the next fetch, of any certificate or of one. SCHEDULE_NEVER: none is planned. */
int64_t schedule_next_fetch(const struct schedule *schedule);
int64_t schedule_next_fetch_of(const struct schedule *schedule, size_t index);
/* The time of the next attempt to finish a deployment. */
int64_t schedule_next_settling(const struct schedule *schedule);

#endif

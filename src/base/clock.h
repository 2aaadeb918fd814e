/* Time, asked in one place so that a test can set it; dates in the three forms that AWS and logs
 * use; deadlines. */
#ifndef WCP_BASE_CLOCK_H
#define WCP_BASE_CLOCK_H

#include "base/str.h"

enum {
    CLOCK_ISO8601_SIZE = 21, /* "2015-08-30T12:36:00Z" and its terminator */
    CLOCK_COMPACT_SIZE = 17, /* "20150830T123600Z" and its terminator */
};

/* Seconds since 1970-01-01 UTC, by the machine's clock. */
int64_t clock_now(void);
/* Milliseconds of a clock that nobody sets and that runs on in suspend (CLOCK_BOOTTIME). */
int64_t clock_monotonic_ms(void);
/* Waits that long, or until a signal. */
void clock_pause(uint32_t milliseconds);

/* From now on this process needs no file to know the time: only test builds ever do. */
void clock_need_no_file(void);

/* A descriptor that is readable once the machine's clock was set; -1: the kernel does not tell.
 * clock_watch_again makes it wait for the next time. */
int clock_watch(void);
void clock_watch_again(int watch);

/* The time this program was built (SOURCE_DATE_EPOCH or the constant of the source tree): no right
 * clock is behind it. */
int64_t clock_build_time(void);
/* False when `now` lies before the build: the clock was never set. */
bool clock_is_plausible(int64_t now);

/* Years 1970 to 9999; times outside are shown as the nearest end. */
void clock_format_iso8601(int64_t time, char out[CLOCK_ISO8601_SIZE]);
void clock_format_compact(int64_t time, char out[CLOCK_COMPACT_SIZE]);

/* The parts of a date. */
enum {
    CLOCK_YEAR,
    CLOCK_MONTH,
    CLOCK_DAY,
    CLOCK_HOUR,
    CLOCK_MINUTE,
    CLOCK_SECOND,
    CLOCK_DATE_PARTS
};

/* The UTC date of a time, month and day from 1; as above for times outside. */
void clock_to_date(int64_t time, unsigned date[CLOCK_DATE_PARTS]);
/* Seconds since 1970 of a UTC date in the proleptic Gregorian calendar; month 1 to 12, day from 1.
 */
int64_t clock_from_date(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                        unsigned second);
/* ISO 8601 as AWS writes it: 2015-08-30T12:36:00Z, with optional fraction, or an offset +hh:mm. */
bool clock_parse_iso8601(struct str text, int64_t *time);
/* The Date header's preferred form (RFC 9110 §5.6.7): Sun, 06 Nov 1994 08:49:37 GMT. */
bool clock_parse_http_date(struct str text, int64_t *time);

/* A point on the clock of clock_monotonic_ms. */
struct deadline {
    int64_t at_ms;
};

struct deadline deadline_in(int64_t milliseconds);
/* The one of the two that comes first. */
struct deadline deadline_earlier(struct deadline a, struct deadline b);
/* Milliseconds left, 0 when passed; fits poll(2). */
int deadline_left_ms(struct deadline deadline);

#endif

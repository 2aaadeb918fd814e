/* The time, dates in the three forms that AWS, HTTP and logs use, and deadlines. All code asks for
 * the time here, so that a test can set it. */
#ifndef WCP_BASE_CLOCK_H
#define WCP_BASE_CLOCK_H

#include "base/str.h"

enum {
    CLOCK_ISO8601_SIZE = 21, /* "2015-08-30T12:36:00Z" and its terminator */
    CLOCK_COMPACT_SIZE = 17, /* "20150830T123600Z" and its terminator */
};

/* Returns seconds since 1970-01-01 UTC, by the system clock. */
int64_t clock_now(void);
/* Returns milliseconds of CLOCK_BOOTTIME: nobody can set it, and it includes time in suspend. */
int64_t clock_monotonic_ms(void);
/* Waits for that many milliseconds, or until a signal. */
void clock_pause(uint32_t milliseconds);

/* Test builds only: stops reading the time from the file of WCP_TEST_CLOCK and keeps the time that
 * it holds now, so that a process in the sandbox needs no file. Does nothing in other builds. */
void clock_detach_test_file(void);

/* Returns a descriptor that becomes readable when the system clock is set; the caller closes it.
 * Returns -1 when the kernel cannot tell. */
int clock_watch(void);
/* Makes the descriptor of clock_watch wait for the next time that the clock is set. */
void clock_watch_rearm(int watch);

/* Returns the time of this program's build: SOURCE_DATE_EPOCH, or the constant of the source tree.
 * A correct clock never shows an earlier time. */
int64_t clock_build_time(void);
/* Returns false when `now` is before the build: the clock was never set. */
bool clock_is_plausible(int64_t now);

/* Write a time as a terminated string, in the form shown above. A time before 1970 is written as
 * the first second of 1970, one after 9999 as the last second of 9999. */
void clock_format_iso8601(int64_t time, char out[CLOCK_ISO8601_SIZE]);
void clock_format_compact(int64_t time, char out[CLOCK_COMPACT_SIZE]);

/* The parts of a date, as indexes. */
enum {
    CLOCK_YEAR,
    CLOCK_MONTH,
    CLOCK_DAY,
    CLOCK_HOUR,
    CLOCK_MINUTE,
    CLOCK_SECOND,
    CLOCK_DATE_PARTS
};

/* Splits a time into its UTC date. Month and day count from 1. Times outside of 1970 to 9999 are
 * treated as above. */
void clock_to_date(int64_t time, unsigned date[CLOCK_DATE_PARTS]);
/* Returns seconds since 1970 for a UTC date of the proleptic Gregorian calendar. Month is 1 to 12,
 * day counts from 1. */
int64_t clock_from_date(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                        unsigned second);
/* Reads ISO 8601 as AWS writes it: 2015-08-30T12:36:00Z, with an optional fraction of a second,
 * which is dropped, or with an offset such as +01:00 for "Z". Returns false for anything else. */
bool clock_parse_iso8601(struct str text, int64_t *time);
/* Reads the preferred form of HTTP dates (RFC 9110 §5.6.7): Sun, 06 Nov 1994 08:49:37 GMT. Returns
 * false for anything else. */
bool clock_parse_http_date(struct str text, int64_t *time);

/* A point in time on the clock of clock_monotonic_ms. */
struct deadline {
    int64_t at_ms;
};

/* The deadline that many milliseconds from now. */
struct deadline deadline_in(int64_t milliseconds);
/* Returns the earlier of the two. */
struct deadline deadline_earlier(struct deadline a, struct deadline b);
/* Returns the milliseconds left, at most INT_MAX, as poll(2) takes them; 0 once the deadline has
 * passed. */
int deadline_left_ms(struct deadline deadline);

#endif

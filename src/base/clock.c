#include "base/clock.h"

#include "base/format.h"
#include "build_info.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS_PER_DAY = 86400 };

/* Test builds read two variables. WCP_TEST_CLOCK is the time in seconds since 1970, or the absolute
 * path of a file: its first line is that time, its optional second line the milliseconds that are
 * added to the monotonic clock. WCP_TEST_HURRY is a number by which every deadline is divided. */
#ifdef WCP_TEST_HOOKS
static const char *test_clock_file(void)
{
    const char *path = getenv("WCP_TEST_CLOCK");
    return path != NULL && path[0] == '/' ? path : NULL;
}

static bool test_clock(int64_t *now, int64_t *ahead_ms)
{
    char text[64];
    uint64_t value = 0;
    struct str rest = str_from(getenv("WCP_TEST_CLOCK"));
    struct str line;
    if (test_clock_file() != NULL) {
        int file = open(test_clock_file(), O_RDONLY | O_CLOEXEC);
        ssize_t length = read(file, text, sizeof text);
        close(file);
        rest = str_bytes(text, length > 0 ? (size_t)length : 0);
    }
    if (!str_next_line(&rest, &line) || !str_to_unsigned(line, INT64_MAX, &value))
        return false;
    *now = (int64_t)value;
    if (str_next_line(&rest, &line) && str_to_unsigned(line, INT64_MAX, &value))
        *ahead_ms = (int64_t)value;
    return true;
}

static int64_t scaled_for_test(int64_t milliseconds)
{
    uint64_t factor = 0;
    if (!str_to_unsigned(str_from(getenv("WCP_TEST_HURRY")), 1000000, &factor) || factor == 0)
        return milliseconds;
    return milliseconds / (int64_t)factor;
}

void clock_detach_test_file(void)
{
    char text[24];
    int64_t now = 0;
    int64_t ahead_ms = 0;
    if (test_clock_file() == NULL || !test_clock(&now, &ahead_ms))
        return;
    format_text(text, sizeof text, "%lld", (long long)now);
    setenv("WCP_TEST_CLOCK", text, 1);
}

/* A test sets the clock by a rename onto its file, which inotify(7) reports. */
static int watch_test_clock(void)
{
    char directory[PATH_MAX];
    if (test_clock_file() == NULL)
        return -1;
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    format_text(directory, sizeof directory, "%s", test_clock_file());
    *strrchr(directory, '/') = '\0';
    inotify_add_watch(watch, directory, IN_MOVED_TO);
    return watch;
}
#else
static bool test_clock(int64_t *now, int64_t *ahead_ms)
{
    (void)now;
    (void)ahead_ms;
    return false;
}

static int64_t scaled_for_test(int64_t milliseconds)
{
    return milliseconds;
}

void clock_detach_test_file(void)
{
}

static int watch_test_clock(void)
{
    return -1;
}
#endif

int64_t clock_now(void)
{
    int64_t now = 0;
    int64_t ahead_ms = 0;
    if (test_clock(&now, &ahead_ms))
        return now;
    struct timespec time = {0};
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec;
}

int64_t clock_monotonic_ms(void)
{
    int64_t now = 0;
    int64_t ahead_ms = 0;
    struct timespec time = {0};
    clock_gettime(CLOCK_BOOTTIME, &time);
    (void)test_clock(&now, &ahead_ms);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000 + ahead_ms;
}

void clock_pause(uint32_t milliseconds)
{
    poll(NULL, 0, (int)milliseconds);
}

/* Arms a timer on the system clock a year ahead. Setting the clock cancels the timer and makes it
 * readable. */
static void arm_watch_timer(int timer)
{
    struct itimerspec ahead = {0};
    clock_gettime(CLOCK_REALTIME, &ahead.it_value);
    ahead.it_value.tv_sec += (time_t)366 * SECONDS_PER_DAY;
    timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &ahead, NULL);
}

int clock_watch(void)
{
    int watch = watch_test_clock();
    if (watch >= 0)
        return watch;
    watch = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (watch >= 0)
        arm_watch_timer(watch);
    return watch;
}

void clock_watch_rearm(int watch)
{
    char used[512];
    (void)!read(watch, used, sizeof used);
    arm_watch_timer(watch); /* does nothing to the inotify descriptor of a test */
}

int64_t clock_build_time(void)
{
    return WCP_BUILD_EPOCH;
}

bool clock_is_plausible(int64_t now)
{
    return now >= clock_build_time();
}

/* Returns the days from 1970-01-01 to a date. The year is shifted to begin in March, so that a leap
 * day is its last day. 400 years are added first, so that no number is negative. An era is 400
 * years or 146097 days; 1970-01-01 is day 719468 of the shifted calendar. */
static int32_t days_from_date(unsigned year, unsigned month, unsigned day)
{
    unsigned shifted = year + 400 - (month <= 2 ? 1 : 0);
    unsigned year_of_era = shifted % 400;
    unsigned day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(shifted / 400 * 146097 + day_of_era) - 146097 - 719468;
}

int64_t clock_from_date(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                        unsigned second)
{
    return (int64_t)days_from_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 +
           second;
}

/* In a form such as "Y-M-DTh:m:s", each of these letters stands for a part of the date, in the
 * order of CLOCK_YEAR to CLOCK_SECOND. */
static const char part_letters[] = "YMDhms";

struct date {
    unsigned part[CLOCK_DATE_PARTS];
};

void clock_to_date(int64_t time, unsigned date[CLOCK_DATE_PARTS])
{
    const int64_t last = 253402300799; /* 9999-12-31T23:59:59Z */
    if (time < 0)
        time = 0;
    if (time > last)
        time = last;
    unsigned rest = (unsigned)(time % SECONDS_PER_DAY);
    unsigned shifted = (unsigned)(time / SECONDS_PER_DAY) + 719468;
    unsigned era = shifted / 146097;
    unsigned day_of_era = shifted % 146097;
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (5 * day_of_year + 2) / 153;
    date[CLOCK_YEAR] = year_of_era + era * 400 + (month >= 10 ? 1 : 0);
    date[CLOCK_MONTH] = month < 10 ? month + 3 : month - 9;
    date[CLOCK_DAY] = day_of_year - (153 * month + 2) / 5 + 1;
    date[CLOCK_HOUR] = rest / 3600;
    date[CLOCK_MINUTE] = rest / 60 % 60;
    date[CLOCK_SECOND] = rest % 60;
}

/* Writes `form` with each letter replaced by its part of the date. */
static void write_date_form(int64_t time, const char *form, char *out)
{
    unsigned date[CLOCK_DATE_PARTS];
    clock_to_date(time, date);
    for (; *form != '\0'; form++) {
        const char *letter = strchr(part_letters, *form);
        if (letter == NULL)
            *out++ = *form;
        else
            out += format_text(out, sizeof "9999", letter == part_letters ? "%04u" : "%02u",
                               date[letter - part_letters]);
    }
    *out = '\0';
}

void clock_format_iso8601(int64_t time, char out[CLOCK_ISO8601_SIZE])
{
    write_date_form(time, "Y-M-DTh:m:sZ", out);
}

void clock_format_compact(int64_t time, char out[CLOCK_COMPACT_SIZE])
{
    write_date_form(time, "YMDThmsZ", out);
}

/* The parse functions below read the beginning of `text` and move past it. They return false for
 * anything else. This one reads the digits of one part of a date. */
static bool parse_date_part(struct str *text, ptrdiff_t part, struct date *date)
{
    static const unsigned min[CLOCK_DATE_PARTS] = {[CLOCK_MONTH] = 1, [CLOCK_DAY] = 1};
    static const unsigned max[CLOCK_DATE_PARTS] = {9999, 12, 31, 23, 59, 60};
    size_t digits = part == CLOCK_YEAR ? 4 : 2;
    uint64_t value = 0;
    if (text->length < digits || !str_to_unsigned(str_take(*text, digits), max[part], &value))
        return false;
    date->part[part] = (unsigned)value;
    *text = str_skip(*text, digits);
    return value >= min[part];
}

static bool skip_byte(struct str *text, char byte)
{
    if (text->length == 0 || text->data[0] != byte)
        return false;
    *text = str_skip(*text, 1);
    return true;
}

static bool parse_month_name(struct str *text, struct date *date)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (unsigned i = 0; i < 12; i++) {
        if (str_starts_with(*text, str_bytes(names + (size_t)i * 3, 3))) {
            date->part[CLOCK_MONTH] = i + 1;
            *text = str_skip(*text, 3);
            return true;
        }
    }
    return false;
}

/* Reads a date in the form `form`: letters stand for parts, 'b' for the name of a month, and any
 * other byte for itself. */
static bool parse_date_form(struct str *text, const char *form, struct date *date)
{
    for (; *form != '\0'; form++) {
        const char *letter = strchr(part_letters, *form);
        bool parsed = letter != NULL ? parse_date_part(text, letter - part_letters, date)
                      : *form == 'b' ? parse_month_name(text, date)
                                     : skip_byte(text, *form);
        if (!parsed)
            return false;
    }
    return true;
}

/* Reads "Z" or an offset from UTC in the form +hh:mm; `offset` is in seconds. */
static bool parse_zone(struct str *text, int64_t *offset)
{
    struct date zone = {0};
    *offset = 0;
    if (skip_byte(text, 'Z'))
        return true;
    bool east = skip_byte(text, '+');
    if ((!east && !skip_byte(text, '-')) || !parse_date_form(text, "h:m", &zone))
        return false;
    *offset =
        (int64_t)(zone.part[CLOCK_HOUR] * 3600 + zone.part[CLOCK_MINUTE] * 60) * (east ? 1 : -1);
    return true;
}

static int64_t time_of_date(const struct date *date)
{
    const unsigned *part = date->part;
    return clock_from_date(part[CLOCK_YEAR], part[CLOCK_MONTH], part[CLOCK_DAY], part[CLOCK_HOUR],
                           part[CLOCK_MINUTE], part[CLOCK_SECOND]);
}

bool clock_parse_iso8601(struct str text, int64_t *time)
{
    struct date date = {0};
    int64_t offset = 0;
    if (!parse_date_form(&text, "Y-M-DTh:m:s", &date))
        return false;
    if (skip_byte(&text, '.'))
        while (text.length > 0 && is_digit(text.data[0]))
            text = str_skip(text, 1);
    if (!parse_zone(&text, &offset) || text.length > 0)
        return false;
    *time = time_of_date(&date) - offset;
    return true;
}

bool clock_parse_http_date(struct str text, int64_t *time)
{
    struct date date = {0};
    text = str_skip(str_trim(text), 5); /* the weekday and ", " */
    if (!parse_date_form(&text, "D b Y h:m:s", &date) || !str_equal(text, STR(" GMT")))
        return false;
    *time = time_of_date(&date);
    return true;
}

struct deadline deadline_in(int64_t milliseconds)
{
    return (struct deadline){clock_monotonic_ms() + scaled_for_test(milliseconds)};
}

struct deadline deadline_earlier(struct deadline a, struct deadline b)
{
    return a.at_ms < b.at_ms ? a : b;
}

int deadline_left_ms(struct deadline deadline)
{
    int64_t left = deadline.at_ms - clock_monotonic_ms();
    if (left <= 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}

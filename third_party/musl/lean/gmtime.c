/* The library that reads certificates asks libc for the date. The agent's own conversion is there
 * already: 0.5 KB. Weekday and day of the year are not told, and nobody asks for them. */
#include "base/clock.h"

#include <time.h>

struct tm *gmtime_r(const time_t *restrict time, struct tm *restrict parts)
{
    unsigned date[CLOCK_DATE_PARTS];
    clock_to_date(*time, date);
    *parts = (struct tm){
        .tm_year = (int)date[CLOCK_YEAR] - 1900,
        .tm_mon = (int)date[CLOCK_MONTH] - 1,
        .tm_mday = (int)date[CLOCK_DAY],
        .tm_hour = (int)date[CLOCK_HOUR],
        .tm_min = (int)date[CLOCK_MINUTE],
        .tm_sec = (int)date[CLOCK_SECOND],
    };
    return parts;
}

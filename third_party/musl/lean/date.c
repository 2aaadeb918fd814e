/* What gmtime_r asks, for the library that reads certificates. The agent's own conversion is there
 * already: 0.4 KB. Weekday and day of the year are not told, and nobody asks for them. */
#include "base/clock.h"

#include <time.h>

int __secs_to_tm(long long time, struct tm *parts) __attribute__((visibility("hidden")));

int __secs_to_tm(long long time, struct tm *parts)
{
    unsigned date[CLOCK_DATE_PARTS];
    clock_to_date(time, date);
    *parts = (struct tm){
        .tm_year = (int)date[CLOCK_YEAR] - 1900,
        .tm_mon = (int)date[CLOCK_MONTH] - 1,
        .tm_mday = (int)date[CLOCK_DAY],
        .tm_hour = (int)date[CLOCK_HOUR],
        .tm_min = (int)date[CLOCK_MINUTE],
        .tm_sec = (int)date[CLOCK_SECOND],
    };
    return 0;
}

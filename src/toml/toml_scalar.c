#include "toml/toml_internal.h"

enum { SHOWN_SIZE = 40, MAX_ADDED = 3 /* ":00" */ };

/* The rest of a word, from `at` to `end`, and the place for its normalised form, which is at most
 * MAX_ADDED bytes longer than the word. */
struct scan {
    const char *at;
    const char *end;
    char *out;
    unsigned year;  /* of the date in the word, once it is read */
    unsigned month; /* the same */
};

/* The functions below read the beginning of the rest and append its normalised form at `out`. They
 * return false for anything else. */

static bool copy_char(struct scan *scan, char byte)
{
    if (scan->at == scan->end || *scan->at != byte)
        return false;
    scan->at++;
    *scan->out++ = byte;
    return true;
}

/* Reads one of two bytes, and writes `byte` for both. */
static bool copy_either(struct scan *scan, char byte, char other)
{
    if (!copy_char(scan, byte) && !copy_char(scan, other))
        return false;
    scan->out[-1] = byte;
    return true;
}

/* Reads a byte that the normalised form leaves out. */
static bool skip_char(struct scan *scan, char byte)
{
    if (!copy_char(scan, byte))
        return false;
    scan->out--;
    return true;
}

/* --- numbers --- */

/* Copies digits without the underscores between them. Returns the number of digits, or 0 when an
 * underscore is not between two digits. */
static size_t copy_digits(struct scan *scan, unsigned base)
{
    const char *first = scan->out;
    do {
        const char *start = scan->at;
        while (scan->at < scan->end && digit_value(*scan->at) < base)
            *scan->out++ = *scan->at++;
        if (scan->at == start)
            return 0;
    } while (skip_char(scan, '_'));
    return (size_t)(scan->out - first);
}

/* Reads a fraction, an exponent, or both, which follow the integer part of a float. */
static bool read_fraction_and_exponent(struct scan *scan)
{
    if (copy_char(scan, '.') && copy_digits(scan, 10) == 0)
        return false;
    if (copy_either(scan, 'e', 'E')) {
        if (!copy_char(scan, '-'))
            skip_char(scan, '+');
        if (copy_digits(scan, 10) == 0)
            return false;
    }
    return scan->at == scan->end;
}

static bool to_integer(struct str digits, unsigned base, bool negative, int64_t *integer)
{
    const uint64_t max = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t magnitude = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (__builtin_mul_overflow(magnitude, base, &magnitude) ||
            __builtin_add_overflow(magnitude, digit_value(digits.data[i]), &magnitude) ||
            magnitude > max)
            return false;
    }
    *integer = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

/* Reads 0x, 0o or 0b, if it is there. Returns the base of the number, else 10. */
static unsigned read_base_prefix(struct scan *scan)
{
    if (scan->end - scan->at < 2 || scan->at[0] != '0')
        return 10;
    char letter = scan->at[1];
    unsigned base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10)
        scan->at += 2;
    return base;
}

/* Reads an integer or float. When an integer is valid but out of range, it returns false with
 * `too_large` set. */
static bool read_number(struct scan *scan, struct toml_value *value, bool *too_large)
{
    const char *text = scan->out;
    bool negative = copy_char(scan, '-');
    unsigned base = negative || skip_char(scan, '+') ? 10 : read_base_prefix(scan);
    const char *digits = scan->out;
    size_t count = copy_digits(scan, base);
    if (count == 0 || (base == 10 && count > 1 && digits[0] == '0'))
        return false;
    if (scan->at == scan->end) {
        value->type = TOML_INTEGER;
        *too_large = !to_integer(str_bytes(digits, count), base, negative, &value->integer);
        return !*too_large;
    }
    if (base != 10 || !read_fraction_and_exponent(scan))
        return false;
    value->type = TOML_FLOAT;
    value->text = str_bytes(text, (size_t)(scan->out - text));
    return true;
}

/* Reads true, false, inf or nan. */
static bool read_named_value(struct str word, struct toml_value *value)
{
    value->type = TOML_BOOLEAN;
    value->boolean = str_equal(word, STR("true"));
    if (value->boolean || str_equal(word, STR("false")))
        return true;
    bool negative = str_starts_with(word, STR("-"));
    if (negative || str_starts_with(word, STR("+")))
        word = str_skip(word, 1);
    value->type = TOML_FLOAT;
    value->text = negative ? STR("-inf") : STR("inf");
    if (str_equal(word, STR("inf")))
        return true;
    value->text = STR("nan");
    return str_equal(word, STR("nan"));
}

/* --- dates and times (RFC 3339, with or without date, time and offset) --- */

static unsigned days_in_month(unsigned year, unsigned month)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Reads and checks one field of a date or time. `letter` names it: Y, M, D, h, m or s. */
static bool read_date_field(struct scan *scan, char letter)
{
    unsigned number = 0;
    for (unsigned digits = letter == 'Y' ? 4 : 2; digits > 0; digits--) {
        if (scan->at == scan->end || !is_digit(*scan->at))
            return false;
        number = number * 10 + digit_value(*scan->at);
        *scan->out++ = *scan->at++;
    }
    switch (letter) {
    case 'Y':
        scan->year = number;
        return true;
    case 'M':
        scan->month = number;
        return number >= 1 && number <= 12;
    case 'D':
        return number >= 1 && number <= days_in_month(scan->year, scan->month);
    case 'h':
        return number <= 23;
    case 'm':
        return number <= 59;
    default:
        return number <= 60; /* a leap second */
    }
}

/* Reads a date or time in the form `form`: letters stand for fields, other bytes for themselves. */
static bool read_date_form(struct scan *scan, const char *form)
{
    for (; *form != '\0'; form++)
        if (is_alphanumeric(*form) ? !read_date_field(scan, *form) : !copy_char(scan, *form))
            return false;
    return true;
}

/* Reads a time; adds ":00" when it has no seconds. */
static bool read_time_of_day(struct scan *scan)
{
    if (!read_date_form(scan, "h:m"))
        return false;
    if (copy_char(scan, ':')) {
        const char *fraction;
        if (!read_date_form(scan, "s"))
            return false;
        if (!copy_char(scan, '.'))
            return true;
        for (fraction = scan->at; scan->at < scan->end && is_digit(*scan->at);)
            *scan->out++ = *scan->at++;
        return scan->at > fraction;
    }
    for (const char *zero = ":00"; *zero != '\0'; zero++)
        *scan->out++ = *zero;
    return true;
}

static bool read_utc_offset(struct scan *scan)
{
    return copy_either(scan, 'Z', 'z') ||
           ((copy_char(scan, '+') || copy_char(scan, '-')) && read_date_form(scan, "h:m"));
}

static bool read_date_or_time(struct scan *scan, struct toml_value *value)
{
    const char *text = scan->out;
    bool has_date = scan->at[2] != ':';
    bool valid = !has_date || read_date_form(scan, "Y-M-D");
    value->type = has_date ? TOML_LOCAL_DATE : TOML_LOCAL_TIME;
    if (valid && scan->at < scan->end) {
        valid = (!has_date || copy_either(scan, 'T', 't') || copy_either(scan, 'T', ' ')) &&
                read_time_of_day(scan);
        value->type = has_date ? TOML_LOCAL_DATETIME : TOML_LOCAL_TIME;
    }
    if (valid && scan->at < scan->end && has_date) {
        valid = read_utc_offset(scan);
        value->type = TOML_OFFSET_DATETIME;
    }
    value->text = str_bytes(text, (size_t)(scan->out - text));
    return valid && scan->at == scan->end;
}

/* Returns true when the word is meant as a date or time: it begins with four digits and "-", or
 * with two digits and ":". */
static bool is_date_or_time(struct str word)
{
    size_t digits = 0;
    while (digits < word.length && is_digit(word.data[digits]))
        digits++;
    return digits < word.length &&
           ((digits == 4 && word.data[4] == '-') || (digits == 2 && word.data[2] == ':'));
}

/* --- all scalars --- */

/* Reads a word, or a date and a time with a space between them. */
static struct str read_bare_word(struct toml_reader *reader)
{
    enum { DATE_LENGTH = 10 };
    const char *start = reader->at;
    struct str word = toml_word(reader);
    reader->at += word.length;
    if (word.length == DATE_LENGTH && is_date_or_time(word) && reader->end - reader->at > 1 &&
        *reader->at == ' ' && is_digit(reader->at[1])) {
        reader->at++;
        reader->at += toml_word(reader).length;
    }
    return str_bytes(start, (size_t)(reader->at - start));
}

bool toml_read_scalar(struct toml_reader *reader, struct toml_value *value)
{
    struct toml_place place = toml_here(reader);
    struct str word = read_bare_word(reader);
    if (word.length == 0)
        return toml_expected(reader, "a value");
    struct scan scan = {.at = word.data, .end = word.data + word.length};
    scan.out = toml_allocate(reader, word.length + MAX_ADDED);
    if (scan.out == NULL)
        return false;
    bool too_large = false;
    const char *wrong = "is not a value; expected a number, true, false, or text in quotes";
    if (is_date_or_time(word)) {
        if (read_date_or_time(&scan, value))
            return true;
        wrong = "is not a valid date or time; expected a form like 2026-11-22T07:32:00Z";
    } else {
        if (read_named_value(word, value) || read_number(&scan, value, &too_large))
            return true;
        if (too_large)
            wrong = "does not fit an integer of 64 bits";
        else if (is_digit(word.data[0]))
            wrong = "is not a valid number; write octal as 0o600, and text in quotes";
        else /* in the URL of a proxy without quotes, a password may follow the colon: hide it */
            word = str_take(word, str_index_of(word, ':'));
    }
    word = str_take(word, SHOWN_SIZE);
    toml_report_error(reader, place, "'%.*s' %s", (int)word.length, word.data, wrong);
    return true;
}

#include "toml/toml_internal.h"

enum { SHOWN_SIZE = 40, MOST_ADDED = 3 /* ":00" */ };

/* What is left of a word, and where its normalised form goes: at most MOST_ADDED bytes more than
 * the word has. */
struct scan {
    const char *at;
    const char *end;
    char *out;
    unsigned year; /* once they are read */
    unsigned month;
};

static bool take_char(struct scan *scan, char byte)
{
    if (scan->at == scan->end || *scan->at != byte)
        return false;
    scan->at++;
    *scan->out++ = byte;
    return true;
}

/* Steps over either of two bytes, and writes the first. */
static bool take_either(struct scan *scan, char byte, char other)
{
    if (!take_char(scan, byte) && !take_char(scan, other))
        return false;
    scan->out[-1] = byte;
    return true;
}

/* Steps over a byte that the normalised form does not have. */
static bool drop(struct scan *scan, char byte)
{
    if (!take_char(scan, byte))
        return false;
    scan->out--;
    return true;
}

/* --- numbers --- */

/* Copies digits without the underscores between them; returns how many, 0 when an underscore is not
 * between two. */
static size_t take_digits(struct scan *scan, unsigned base)
{
    const char *first = scan->out;
    do {
        const char *start = scan->at;
        while (scan->at < scan->end && digit_value(*scan->at) < base)
            *scan->out++ = *scan->at++;
        if (scan->at == start)
            return 0;
    } while (drop(scan, '_'));
    return (size_t)(scan->out - first);
}

/* What may follow the integer part of a float: a fraction, an exponent, or both. */
static bool take_float_rest(struct scan *scan)
{
    if (take_char(scan, '.') && take_digits(scan, 10) == 0)
        return false;
    if (take_either(scan, 'e', 'E')) {
        if (!take_char(scan, '-'))
            drop(scan, '+');
        if (take_digits(scan, 10) == 0)
            return false;
    }
    return scan->at == scan->end;
}

static bool to_integer(struct str digits, unsigned base, bool negative, int64_t *integer)
{
    const uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t magnitude = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (__builtin_mul_overflow(magnitude, base, &magnitude) ||
            __builtin_add_overflow(magnitude, digit_value(digits.data[i]), &magnitude) ||
            magnitude > most)
            return false;
    }
    *integer = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}

/* Steps over 0x, 0o or 0b. */
static unsigned take_base(struct scan *scan)
{
    if (scan->end - scan->at < 2 || scan->at[0] != '0')
        return 10;
    char letter = scan->at[1];
    unsigned base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10)
        scan->at += 2;
    return base;
}

/* Reads an integer or float. `too_large` is set, beside false, when only the range of integers is
 * exceeded. */
static bool read_number(struct scan *scan, struct toml_value *value, bool *too_large)
{
    const char *text = scan->out;
    bool negative = take_char(scan, '-');
    unsigned base = negative || drop(scan, '+') ? 10 : take_base(scan);
    const char *digits = scan->out;
    size_t count = take_digits(scan, base);
    if (count == 0 || (base == 10 && count > 1 && digits[0] == '0'))
        return false;
    if (scan->at == scan->end) {
        value->type = TOML_INTEGER;
        *too_large = !to_integer(str_bytes(digits, count), base, negative, &value->integer);
        return !*too_large;
    }
    if (base != 10 || !take_float_rest(scan))
        return false;
    value->type = TOML_FLOAT;
    value->text = str_bytes(text, (size_t)(scan->out - text));
    return true;
}

/* Reads a word that stands for a value. */
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

/* Reads the digits of a Year, Month, Day, hour, minute or second, as `letter` says, and checks
 * them. */
static bool take_field(struct scan *scan, char letter)
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

/* Reads fields, which stand as letters in `form`, and what is between them. */
static bool take_date_form(struct scan *scan, const char *form)
{
    for (; *form != '\0'; form++)
        if (is_alphanumeric(*form) ? !take_field(scan, *form) : !take_char(scan, *form))
            return false;
    return true;
}

/* A time, where seconds that are not written are 00. */
static bool take_time(struct scan *scan)
{
    if (!take_date_form(scan, "h:m"))
        return false;
    if (take_char(scan, ':')) {
        const char *fraction;
        if (!take_date_form(scan, "s"))
            return false;
        if (!take_char(scan, '.'))
            return true;
        for (fraction = scan->at; scan->at < scan->end && is_digit(*scan->at);)
            *scan->out++ = *scan->at++;
        return scan->at > fraction;
    }
    for (const char *zero = ":00"; *zero != '\0'; zero++)
        *scan->out++ = *zero;
    return true;
}

static bool take_offset(struct scan *scan)
{
    return take_either(scan, 'Z', 'z') ||
           ((take_char(scan, '+') || take_char(scan, '-')) && take_date_form(scan, "h:m"));
}

static bool read_date_or_time(struct scan *scan, struct toml_value *value)
{
    const char *text = scan->out;
    bool has_date = scan->at[2] != ':';
    bool valid = !has_date || take_date_form(scan, "Y-M-D");
    value->type = has_date ? TOML_LOCAL_DATE : TOML_LOCAL_TIME;
    if (valid && scan->at < scan->end) {
        valid = (!has_date || take_either(scan, 'T', 't') || take_either(scan, 'T', ' ')) &&
                take_time(scan);
        value->type = has_date ? TOML_LOCAL_DATETIME : TOML_LOCAL_TIME;
    }
    if (valid && scan->at < scan->end && has_date) {
        valid = take_offset(scan);
        value->type = TOML_OFFSET_DATETIME;
    }
    value->text = str_bytes(text, (size_t)(scan->out - text));
    return valid && scan->at == scan->end;
}

/* True for what is meant as a date or time: four digits and "-", or two and ":". */
static bool is_date_or_time(struct str word)
{
    size_t digits = 0;
    while (digits < word.length && is_digit(word.data[digits]))
        digits++;
    return digits < word.length &&
           ((digits == 4 && word.data[4] == '-') || (digits == 2 && word.data[2] == ':'));
}

/* --- all of them --- */

/* Steps over a word, or over a date and a time with a space between them. */
static struct str take_bare_word(struct toml_reader *reader)
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
    struct str word = take_bare_word(reader);
    if (word.length == 0)
        return toml_expected(reader, "a value");
    struct scan scan = {.at = word.data, .end = word.data + word.length};
    scan.out = toml_allocate(reader, word.length + MOST_ADDED);
    if (scan.out == NULL)
        return false;
    bool too_large = false;
    const char *why = "is no value; expected a number, true, false, or text in quotes";
    if (is_date_or_time(word)) {
        if (read_date_or_time(&scan, value))
            return true;
        why = "is no valid date or time; expected a form like 2026-11-22T07:32:00Z";
    } else {
        if (read_named_value(word, value) || read_number(&scan, value, &too_large))
            return true;
        if (too_large)
            why = "does not fit an integer of 64 bits";
        else if (is_digit(word.data[0]))
            why = "is no valid number; octal is written 0o600, text in quotes";
        else /* of an address without its quotes, what comes next may be a proxy's password */
            word = str_take(word, str_index_of(word, ':'));
    }
    word = str_take(word, SHOWN_SIZE);
    toml_complain(reader, place, "'%.*s' %s", (int)word.length, word.data, why);
    return true;
}

/* Values and statements that are not TOML: each text beside its errors and their places. */
#include "base/format.h"
#include "unit/support/toml_reports.h"

#include <string.h>

/* Asserts the error of "a = written". Its place is the beginning of the value. */
static void assert_value_error(const char *written, const char *message)
{
    BUF_AUTO struct buf text = BUF(1024);
    BUF_AUTO struct buf errors = BUF(1024);
    buf_format(&text, "\na = %s", written);
    buf_format(&errors, "2:5: %s\n", message);
    assert_errors(buf_text(&text), buf_text(&errors));
}

static void assert_values_refused(const char *const *written, size_t count, const char *why)
{
    for (size_t i = 0; i < count; i++) {
        BUF_AUTO struct buf message = BUF(1024);
        buf_format(&message, "'%s' %s", written[i], why);
        assert_value_error(written[i], buf_text(&message));
    }
}

#define ASSERT_REFUSED(why, ...)                                                                   \
    assert_values_refused((const char *const[]){__VA_ARGS__},                                      \
                          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), why)

static void numbers_are_strict(void **state)
{
    (void)state;
    ASSERT_REFUSED("is not a valid number; write octal as 0o600, and text in quotes", "0600", "00",
                   "1__0", "1_", "0x", "0xg", "0X1", "0o8", "0b2", "0x_1", "0b1_", "0xinf", "1.",
                   "1.e5", "1._5", "1_.5", "1.5_", "1e", "1e+", "1e_5", "1e1.5", "01.5", "1.2.3",
                   "10.0.0.1", "0x1.8", "1a", "127.0.0.1:80", "12345-01-01", "199-01-01");
    ASSERT_REFUSED("is not a value; expected a number, true, false, or text in quotes", "_1", "+",
                   "-", ".5", "-.5", "+0x10", "-0o7", "--1", "+_1", "-01", "Inf", "NAN", "infinity",
                   "\xd9\xa0");
}

static void integers_have_64_bits(void **state)
{
    (void)state;
    ASSERT_REFUSED("does not fit an integer of 64 bits", "9223372036854775808",
                   "-9223372036854775809", "+9_223_372_036_854_775_808", "0x8000000000000000",
                   "0xffffffffffffffff", "0o1000000000000000000000",
                   "99999999999999999999999999999999");
}

static void words_are_no_values(void **state)
{
    (void)state;
    ASSERT_REFUSED("is not a value; expected a number, true, false, or text in quotes", "True",
                   "FALSE", "truex", "DEBUG", "/etc/ssl/key.pem", "eu-central-1", "abc\\n",
                   "nul\xc3\xa9");
    assert_value_error("", "expected a value, found the end of the text");
    assert_value_error("\nb = 1", "expected a value, found the end of the line");
    assert_value_error("# nothing", "expected a value, found '#'");
    assert_value_error("= 1", "expected a value, found '='");
    assert_value_error(
        "a-word-that-is-longer-than-what-is-shown-here",
        "'a-word-that-is-longer-than-what-is-shown' is not a value; expected a number, "
        "true, false, or text in quotes");
    assert_value_error("http://user:password@proxy:3128",
                       "'http' is not a value; expected a number, true, false, or text in quotes");
}

static void dates_and_times_must_exist(void **state)
{
    (void)state;
    ASSERT_REFUSED(
        "is not a valid date or time; expected a form like 2026-11-22T07:32:00Z", "2026-00-01",
        "2026-13-01", "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29", "2100-02-29",
        "2000-02-30", "2026-1-01", "2026-01-1", "2026-01-011", "2026-01-01T", "2026-01-01x",
        "2026-01-01T24:00", "2026-01-01T23:60", "2026-01-01T23:59:61", "2026-01-01T1:00",
        "2026-01-01T01:00:0", "2026-01-01T01:00.5", "2026-01-01T01:00:00.", "2026-01-01T01:00:00.Z",
        "2026-01-01T01:00:00+24:00", "2026-01-01T01:00:00+01:60", "2026-01-01T01:00:00+",
        "2026-01-01T01:00:00+01", "2026-01-01T01:00:00+0100", "2026-01-01T01:00:00ZZ",
        "2026-01-01 01", "2026-01-01 1:00", "24:00", "23:60", "01:0", "01:00:", "01:00Z",
        "01:00:00+01:00", "2026-", "01:");
    assert_errors("a = 2026-01-01  01:00", "1:17: expected the end of the line, found '01:00'\n");
}

static void strings_must_be_closed(void **state)
{
    (void)state;
    assert_value_error("\"x", "expected \" at the end of this string, found the end of the line");
    assert_value_error("'x\n", "expected ' at the end of this string, found the end of the line");
    assert_value_error("\"x\\\"",
                       "expected \" at the end of this string, found the end of the line");
    assert_value_error("\"x\\\n",
                       "expected \" at the end of this string, found the end of the line");
    assert_value_error("\"\"\"x\"\"\n",
                       "expected \"\"\" at the end of this string, found the end of the text");
    assert_value_error("'''x''",
                       "expected ''' at the end of this string, found the end of the text");
    assert_value_error("\"\"\"x\\\"\"\"",
                       "expected \"\"\" at the end of this string, found the end of the text");
    assert_errors("a = \"\"\"\"\"\"\"\"\"", "1:13: expected the end of the line, found '\"'\n");
    assert_errors("a = \"x\\\nb = 'y\"'",
                  "1:5: expected \" at the end of this string, found the end of the line\n");
    assert_errors("'a", "1:1: expected ' at the end of this string, found the end of the line\n");
}

static void escapes_must_be_known(void **state)
{
    (void)state;
    assert_errors("a = \"C:\\windows\"",
                  "1:8: unknown escape sequence; expected \\\\ for a backslash\n");
    assert_errors("a = \"\\ \"", "1:6: unknown escape sequence; expected \\\\ for a backslash\n");
    assert_errors("a = \"\"\"\nb\n \\ c\"\"\"",
                  "3:2: unknown escape sequence; expected \\\\ for a backslash\n");
    assert_errors("a = \"\\xf\"", "1:6: expected 2 hexadecimal digits in this escape sequence\n");
    assert_errors("a = \"\\u12g4\"",
                  "1:6: expected 4 hexadecimal digits in this escape sequence\n");
    assert_errors("\"\\U0001234\" = 1",
                  "1:2: expected 8 hexadecimal digits in this escape sequence\n");
    assert_errors("a = \"\\ud800\"", "1:6: U+d800 is not a Unicode character\n");
    assert_errors("a = \"\\udfff\"", "1:6: U+dfff is not a Unicode character\n");
    assert_errors("a = \"\\U00110000\"", "1:6: U+110000 is not a Unicode character\n");
    assert_errors("a = \"\\q\" \nb = \"\\w\"\nc = \"fine\"",
                  "1:6: unknown escape sequence; expected \\\\ for a backslash\n"
                  "2:6: unknown escape sequence; expected \\\\ for a backslash\n");
}

static void text_must_be_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *errors;
    } cases[] = {
        {"# \xe9t\xe9", "1:3: byte 0xe9: this is not UTF-8 text\n"},
        {"a = '\x80'", "1:6: byte 0x80: this is not UTF-8 text\n"},
        {"a = 1\nb = '\xc3'", "2:6: byte 0xc3: this is not UTF-8 text\n"},
        {"#\xc0\x80", "1:2: byte 0xc0: this is not UTF-8 text\n"},
        {"#\xc1\xbf", "1:2: byte 0xc1: this is not UTF-8 text\n"},
        {"#\xe0\x9f\xbf", "1:2: byte 0xe0: this is not UTF-8 text\n"},
        {"#\xed\xa0\x80", "1:2: byte 0xed: this is not UTF-8 text\n"},
        {"#\xf0\x8f\xbf\xbf", "1:2: byte 0xf0: this is not UTF-8 text\n"},
        {"#\xf4\x90\x80\x80", "1:2: byte 0xf4: this is not UTF-8 text\n"},
        {"#\xf5\x80\x80\x80", "1:2: byte 0xf5: this is not UTF-8 text\n"},
        {"#\xf8\x90\x80\x80", "1:2: byte 0xf8: this is not UTF-8 text\n"},
        {"#\xfc\x80\x80\x80", "1:2: byte 0xfc: this is not UTF-8 text\n"},
        {"#\xe2\x82", "1:2: byte 0xe2: this is not UTF-8 text\n"},
        {"\xff\xfe"
         "a",
         "1:1: byte 0xff: this is not UTF-8 text; is it UTF-16?\n"},
        {"\xfe\xff", "1:1: byte 0xfe: this is not UTF-8 text; is it UTF-16?\n"},
        {"#\n\xef\xbb\xbf", "2:1: expected a key, found '\xef\xbb\xbf'\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_errors(cases[i].text, cases[i].errors);
    assert_errors_of(STR("a\0 = \0001\0\n\0"),
                     "1:2: byte 0x00: this is not UTF-8 text; is it UTF-16?\n");
}

static void control_characters_are_refused_everywhere(void **state)
{
    (void)state;
    static const char *const around[][2] = {
        {"# ", "\n"}, {"a = '", "'\n"}, {"a = \"", "\"\n"}, {"a = '''", "'''\n"}, {"", "\n"}};
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        for (int byte = 1; byte < 0x80; byte = byte == 0x1f ? 0x7f : byte + 1) {
            BUF_AUTO struct buf text = BUF(64);
            BUF_AUTO struct buf errors = BUF(1024);
            if (byte == '\t' || byte == '\n')
                continue;
            buf_format(&text, "%s%c%s", around[i][0], byte, around[i][1]);
            buf_format(&errors, "1:%u: byte 0x%02x: %s\n", (unsigned)strlen(around[i][0]) + 1, byte,
                       byte == '\r'
                           ? "expected a line feed after a carriage return"
                           : "write control characters as \\xHH, in a string in double quotes");
            if (byte == '\r' && around[i][1][0] == '\n')
                continue;
            assert_errors(buf_text(&text), buf_text(&errors));
        }
    }
}

static void statements_have_one_form(void **state)
{
    (void)state;
    assert_errors("a", "1:2: expected '=' after the key, found the end of the text\n");
    assert_errors("a 1", "1:3: expected '=' after the key, found '1'\n");
    assert_errors("a : 1", "1:3: expected '=' after the key, found ':'\n");
    assert_errors("a = 1 b = 2", "1:7: expected the end of the line, found 'b'\n");
    assert_errors("a = 'x' 'y'", "1:9: expected the end of the line, found '''\n");
    assert_errors("= 1", "1:1: expected a key, found '='\n");
    assert_errors("a. = 1", "1:4: expected a key, found '='\n");
    assert_errors(".a = 1", "1:1: expected a key, found '.a'\n");
    assert_errors("a..b = 1", "1:3: expected a key, found '.b'\n");
    assert_errors("\xc3\xa9 = 1", "1:1: expected a key, found '\xc3\xa9'\n");
    assert_errors("\"\"\"a\"\"\" = 1", "1:3: expected '=' after the key, found '\"'\n");
    assert_errors("a\n= 1", "1:2: expected '=' after the key, found the end of the line\n"
                            "2:1: expected a key, found '='\n");
}

static void headers_have_one_form(void **state)
{
    (void)state;
    assert_errors("[]", "1:2: expected a key, found ']'\n");
    assert_errors("[a", "1:3: expected ']' after the name, found the end of the text\n");
    assert_errors("[a b]", "1:4: expected ']' after the name, found 'b'\n");
    assert_errors("[a.]", "1:4: expected a key, found ']'\n");
    assert_errors("[a]]", "1:4: expected the end of the line, found ']'\n");
    assert_errors("[a] b", "1:5: expected the end of the line, found 'b'\n");
    assert_errors("[[a]", "1:5: expected ']]' after the name, found the end of the text\n");
    assert_errors("[[a] ]", "1:5: expected ']]' after the name, found ' '\n");
    assert_errors("[ [a]]", "1:3: expected a key, found '['\n");
}

static void arrays_and_inline_tables_have_one_form(void **state)
{
    (void)state;
    assert_errors("a = [,]", "1:6: expected a value, found ','\n");
    assert_errors("a = [1,,2]", "1:8: expected a value, found ','\n");
    assert_errors("a = [1 2]",
                  "1:8: expected ',' or the ']' that ends the array of line 1, found '2'\n");
    assert_errors(
        "a = [\n1,\n",
        "3:1: expected ',' or the ']' that ends the array of line 1, found the end of the text\n");
    assert_errors("a = [[1}\n",
                  "1:8: expected ',' or the ']' that ends the array of line 1, found '}'\n");
    assert_errors("a = {,}", "1:6: expected a key, found ','\n");
    assert_errors("a = {b = 1,, c = 2}", "1:12: expected a key, found ','\n");
    assert_errors("a = {\nb = 1 c = 2}",
                  "2:7: expected ',' or the '}' that ends the table of line 1, found 'c'\n");
    assert_errors("a = {b}", "1:7: expected '=' after the key, found '}'\n");
    assert_errors("a = {b =\n1}", "1:9: expected a value, found the end of the line\n");
    assert_errors("a = {[b]}", "1:6: expected a key, found '['\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(integers_have_64_bits),
        cmocka_unit_test(words_are_no_values),
        cmocka_unit_test(dates_and_times_must_exist),
        cmocka_unit_test(strings_must_be_closed),
        cmocka_unit_test(escapes_must_be_known),
        cmocka_unit_test(text_must_be_utf8),
        cmocka_unit_test(control_characters_are_refused_everywhere),
        cmocka_unit_test(statements_have_one_form),
        cmocka_unit_test(headers_have_one_form),
        cmocka_unit_test(arrays_and_inline_tables_have_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* TOML that contradicts itself or is too large, and parsing after an error. */
#include "base/format.h"
#include "base/limits.h"
#include "unit/support/toml_reports.h"

#include <string.h>

static void nothing_is_defined_twice(void **state)
{
    (void)state;
    assert_errors("a = 1\n\na = 2", "3:1: 'a' is already defined, as an integer in line 1\n");
    assert_errors("a.b = ''\na.'b' = 2", "2:3: 'b' is already defined, as a string in line 1\n");
    assert_errors("a = {b = 1, b = 2}", "1:13: 'b' is already defined, as an integer in line 1\n");
    assert_errors("[a]\n[a]", "2:2: 'a' is already defined, as a table in line 1\n");
    assert_errors("[a.b]\n[a]\n[a.b]", "3:4: 'b' is already defined, as a table in line 1\n");
    assert_errors("[a.b]\n[a]\n[a]", "3:2: 'a' is already defined, as a table in line 2\n");
    assert_errors("a = true\n[a]", "2:2: 'a' is already defined, as a boolean in line 1\n");
    assert_errors("[a]\n[[a]]", "2:3: 'a' is already defined, as a table in line 1\n");
    assert_errors("[a.b]\n[[a]]", "2:3: 'a' is already defined, as a table in line 1\n");
    assert_errors("[[a]]\n[a]", "2:2: 'a' is already defined, as an array in line 1\n");
    assert_errors("a = []\n[[a]]", "2:3: 'a' is already defined, as an array in line 1\n");
    assert_errors("[[a.b]]\n[a]\nb = 1", "3:1: 'b' is already defined, as an array in line 1\n");
    assert_errors("[a]\nb = 1.5\n[a.b]", "3:4: 'b' is already defined, as a float in line 2\n");
}

static void what_is_closed_is_not_extended(void **state)
{
    (void)state;
    assert_errors("a = 07:32\na.b = 1", "2:1: 'a' is already defined, as a time in line 1\n");
    assert_errors("a = {}\na.b = 1", "2:1: 'a' is already defined, as a table in line 1\n");
    assert_errors("a = {}\n[a.b]", "2:2: 'a' is already defined, as a table in line 1\n");
    assert_errors("a = {b = {}, b.c = 1}", "1:14: 'b' is already defined, as a table in line 1\n");
    assert_errors("a = [{}]\n[a.b]", "2:2: 'a' is already defined, as an array in line 1\n");
    assert_errors("a.b = 1\n[a]", "2:2: 'a' is already defined, as a table in line 1\n");
    assert_errors("[a]\nb.c = 1\n[a.b]", "3:4: 'b' is already defined, as a table in line 2\n");
    assert_errors("[a.b.c]\n[a]\nb.c.d = 1", "3:3: 'c' is already defined, as a table in line 1\n");
    assert_errors("[a.b]\n[a]\nb.c = 1", "3:1: 'b' is already defined, as a table in line 1\n");
    assert_errors("[a.b.c]\n[a]\nb.d = 1\n[a.b]",
                  "4:4: 'b' is already defined, as a table in line 1\n");
    assert_errors("[[a.b]]\n[a]\nb.c = 1", "3:1: 'b' is already defined, as an array in line 1\n");
}

static void nesting_ends_at_32(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *place;
    } cases[] = {
        {"a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "1:37: "},
        {"b={b={b={b={b={b={b={b={b={b={b={b={b={b={b={b={"
         "b={b={b={b={b={b={b={b={b={b={b={b={b={b={b={b={b={",
         "1:97: "},
        {"[c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c.c]", "1:66: "},
        {"d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d=1", "1:65: "},
        {"[[e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e.e]]", "1:65: "},
        {"[f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f]\nf = []", "2:1: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_AUTO struct buf errors = BUF(128);
        buf_format(&errors, "%sexpected at most 32 levels of arrays and tables\n", cases[i].place);
        assert_errors(cases[i].text, buf_text(&errors));
    }
}

static void text_ends_at_256_kib(void **state)
{
    (void)state;
    static char text[LIMIT_CONFIGURATION + 1];
    memset(text, '\n', sizeof text);
    assert_errors_of(str_bytes(text, sizeof text),
                     "1:1: the text is 262145 bytes long, expected at most 262144\n");
}

static void every_mistake_is_reported_once(void **state)
{
    (void)state;
    assert_errors(
        "log_level = DEBUG is loud\n" /* only the first error of a line is reported */
        "[a\n"                        /* a header that cannot be read, ... */
        "x = 1\n"                     /* ... and its members, which are not reported */
        "[b]\n"
        "x = 1\n"
        "x = 0600\n" /* two errors: the first is reported */
        "list = [\n"
        "  'one',\n"
        "  'two'\n"
        "  'three',\n" /* no comma before it */
        "]\n"
        "table = { y = 1\n" /* a brace that nothing closes */
        "z = {}\n"
        "words without sense\n"
        "\n"
        "last = 'fine'\n"
        "last = 2026-02-30\n"
        "text = '''\n" /* a string that nothing closes */
        "words in it\n"
        "next = 'fine'\n"
        "next = 1\n",
        "1:13: 'DEBUG' is not a value; expected a number, true, false, or text in quotes\n"
        "2:3: expected ']' after the name, found the end of the line\n"
        "6:1: 'x' is already defined, as an integer in line 5\n"
        "10:3: expected ',' or the ']' that ends the array of line 7, found '''\n"
        "13:1: expected ',' or the '}' that ends the table of line 12, found 'z'\n"
        "14:7: expected '=' after the key, found 'without'\n"
        "17:1: 'last' is already defined, as a string in line 16\n"
        "18:8: expected ''' at the end of this string, found the end of the text\n"
        "21:1: 'next' is already defined, as a string in line 20\n");
}

static void headers_after_a_lost_one_are_not_compared(void **state)
{
    (void)state;
    assert_errors("[[a]]\nx = 1\n[a.b]\n[[a]\nx = 1\n[a.b]\nx = 2\nx = 3\n",
                  "4:5: expected ']]' after the name, found the end of the line\n"
                  "8:1: 'x' is already defined, as an integer in line 7\n");
}

static void lines_swallowed_by_an_open_bracket_are_read(void **state)
{
    (void)state;
    assert_errors("a = [\n  'x',\n\n[b]\nc = 1\n[d]\ne = ?\n",
                  "4:2: 'b' is not a value; expected a number, true, false, or text in quotes\n"
                  "5:1: expected ',' or the ']' that ends the array of line 1, found 'c'\n"
                  "7:5: '?' is not a value; expected a number, true, false, or text in quotes\n");
    assert_errors("a = {\n  b = 1,\n[c]\nd = 1\n'e f'. g = 1\n[[h]] # [\n",
                  "3:1: expected a key, found '['\n");
}

static void a_failed_value_ends_where_its_brackets_do(void **state)
{
    (void)state;
    assert_errors("a = [ { b 1 }, # ]\n \"]\", ''']\n''',\n c = [2]\n]\nd = ?",
                  "1:11: expected '=' after the key, found '1'\n"
                  "6:5: '?' is not a value; expected a number, true, false, or text in quotes\n");
}

static void reports_end_after_twenty(void **state)
{
    (void)state;
    BUF_AUTO struct buf statements = BUF(1024);
    BUF_AUTO struct buf elements = BUF(1024);
    BUF_AUTO struct buf errors = BUF(4096);
    buf_append_text(&statements, "\n");
    buf_append_text(&elements, "a = [\n");
    for (unsigned line = 2; line <= TOML_MAX_ERRORS + 5; line++) {
        buf_format(&statements, "%c =?\n", (int)('a' + line - 2));
        buf_append_text(&elements, "   ?,\n");
        if (line <= TOML_MAX_ERRORS + 1)
            buf_format(
                &errors,
                "%u:4: '?' is not a value; expected a number, true, false, or text in quotes\n",
                line);
    }
    assert_errors(buf_text(&statements), buf_text(&errors));
    assert_errors(buf_text(&elements), buf_text(&errors));
}

/* After an array that nothing closes, each of these lines opens another one. */
static void text_that_fails_again_and_again_ends_too(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(LIMIT_CONFIGURATION);
    BUF_AUTO struct buf reported = BUF(4096);
    buf_append_text(&text, "a = [\n'''\n");
    while (text.length < LIMIT_CONFIGURATION - 16)
        buf_append_text(&text, "k=[1 2\n");
    buf_append_text(&text, "'''");
    assert_null(toml_parse(buf_str(&text), keep_report, &reported));
    assert_non_null(strstr(buf_text(&reported), "that ends the array of line 1, found the end"));
}

static void types_have_names_for_messages(void **state)
{
    (void)state;
    assert_string_equal(toml_type_name(TOML_STRING), "a string");
    assert_string_equal(toml_type_name(TOML_OFFSET_DATETIME), "a date and time with an offset");
    assert_string_equal(toml_type_name(TOML_TABLE), "a table");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_defined_twice),
        cmocka_unit_test(what_is_closed_is_not_extended),
        cmocka_unit_test(nesting_ends_at_32),
        cmocka_unit_test(text_ends_at_256_kib),
        cmocka_unit_test(every_mistake_is_reported_once),
        cmocka_unit_test(headers_after_a_lost_one_are_not_compared),
        cmocka_unit_test(lines_swallowed_by_an_open_bracket_are_read),
        cmocka_unit_test(a_failed_value_ends_where_its_brackets_do),
        cmocka_unit_test(reports_end_after_twenty),
        cmocka_unit_test(text_that_fails_again_and_again_ends_too),
        cmocka_unit_test(types_have_names_for_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

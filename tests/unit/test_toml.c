/* Valid TOML 1.1: each text beside its tree. */
#include "base/buf.h"
#include "base/format.h"
#include "base/limits.h"
#include "toml/toml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void fail_on_report(void *context, uint32_t line, uint32_t column, const char *message)
{
    (void)context;
    fail_msg("%u:%u: %s", line, column, message);
}

static struct toml_document *parse(struct str text)
{
    struct toml_document *document = toml_parse(text, fail_on_report, NULL);
    assert_non_null(document);
    return document;
}

static void show(struct buf *out, const struct toml_value *value);

static void show_children(struct buf *out, const struct toml_value *parent)
{
    for (const struct toml_value *child = parent->children; child != NULL; child = child->next) {
        if (parent->type == TOML_TABLE) {
            buf_append(out, child->key);
            buf_append_byte(out, '=');
            assert_ptr_equal(toml_get(parent, child->key), child);
        }
        show(out, child);
        if (child->next != NULL)
            buf_append_byte(out, ' ');
    }
}

/* Writes a value: {table} [array] "string" 'date or time' integer (float) */
static void show(struct buf *out, const struct toml_value *value)
{
    static const char around[][3] = {
        [TOML_STRING] = "\"\"",       [TOML_FLOAT] = "()",      [TOML_OFFSET_DATETIME] = "''",
        [TOML_LOCAL_DATETIME] = "''", [TOML_LOCAL_DATE] = "''", [TOML_LOCAL_TIME] = "''",
        [TOML_ARRAY] = "[]",          [TOML_TABLE] = "{}",
    };
    if (value->type == TOML_INTEGER) {
        buf_format(out, "%lld", (long long)value->integer);
    } else if (value->type == TOML_BOOLEAN) {
        buf_append_text(out, value->boolean ? "true" : "false");
    } else {
        buf_append_byte(out, around[value->type][0]);
        buf_append(out, value->text);
        show_children(out, value);
        buf_append_byte(out, around[value->type][1]);
    }
}

static void assert_tree(const char *text, const char *tree)
{
    BUF_AUTO struct buf shown = BUF(65536);
    struct toml_document *document = parse(str_from(text));
    show(&shown, toml_root(document));
    assert_string_equal(buf_text(&shown), tree);
    toml_free(document);
}

/* Asserts the value of "a = written". */
static void assert_value(const char *written, const char *shown)
{
    BUF_AUTO struct buf text = BUF(1024);
    BUF_AUTO struct buf tree = BUF(1024);
    buf_format(&text, "a = %s", written);
    buf_format(&tree, "{a=%s}", shown);
    assert_tree(buf_text(&text), buf_text(&tree));
}

static void assert_type(const char *written, enum toml_type type)
{
    BUF_AUTO struct buf text = BUF(1024);
    buf_format(&text, "a = %s", written);
    struct toml_document *document = parse(buf_str(&text));
    assert_int_equal(toml_get(toml_root(document), STR("a"))->type, type);
    toml_free(document);
}

static void layout_is_free_between_statements(void **state)
{
    (void)state;
    assert_tree("", "{}");
    assert_tree("\xef\xbb\xbf", "{}");
    assert_tree("\xef\xbb\xbf"
                "a=1",
                "{a=1}");
    assert_tree("\n\r\n \t\n# only a comment", "{}");
    assert_tree("a=1\r\n\tb = 2 \t# comment \xc3\xa9\r\n#\n[c]# comment\nd=3", "{a=1 b=2 c={d=3}}");
}

static void keys_may_be_bare_quoted_or_dotted(void **state)
{
    (void)state;
    assert_tree("A-Z_09 = 1\n1979-05-27 = 2\n- = 3", "{A-Z_09=1 1979-05-27=2 -=3}");
    assert_tree("\"a b\" = 1\n'c\\d' = 2\n\"\" = 3\n\"\\u00e9\" = 4",
                "{a b=1 c\\d=2 =3 \xc3\xa9=4}");
    assert_tree("a . \"b.c\"\t. d = 1\na.'b.c'.e = 2", "{a={b.c={d=1 e=2}}}");
    assert_tree("3.14 = 'pi'", "{3={14=\"pi\"}}");
}

static void strings_take_escapes_in_double_quotes_only(void **state)
{
    (void)state;
    assert_value("\"\"", "\"\"");
    assert_value("''", "\"\"");
    assert_value("\"\\b\\t\\n\\f\\r\\e\\\"\\\\\"", "\"\b\t\n\f\r\x1b\"\\\"");
    assert_value("\"\\x7e\\xe9 \\u20AC \\U0001F510\"",
                 "\"~\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x90\"");
    assert_value("\"\\ud7ff\\ue000\\U0010ffff\"", "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"");
    assert_value("'\\n \"quoted\" #'", "\"\\n \"quoted\" #\"");
    assert_value("\"tab\t'single'\" # no more", "\"tab\t'single'\"");
}

static void strings_in_three_quotes_span_lines(void **state)
{
    (void)state;
    assert_value("\"\"\"\"\"\"", "\"\"");
    assert_value("\"\"\"\nfirst\r\nsecond\n\"\"\"", "\"first\nsecond\n\"");
    assert_value("'''\r\n\\ stays\n'''", "\"\\ stays\n\"");
    assert_value("\"\"\"a \\  \n\n \t b\\\r\n  \"\"\"", "\"a b\"");
    assert_value("\"\"\"\"one\" \"\"two\"\"\\\"\"\"\"\"\"", "\"\"one\" \"\"two\"\"\"\"\"\"");
    assert_value("'''''a''b'''''", "\"''a''b''\"");
    assert_tree("a = '''\nx\n''' # comment\nb = 1", "{a=\"x\n\" b=1}");
}

static void keys_and_strings_may_hold_nul(void **state)
{
    (void)state;
    struct toml_document *document = parse(STR("\"a\\u0000b\" = \"x\\x00y\"\na = 1"));
    const struct toml_value *value = toml_get(toml_root(document), STR("a\0b"));
    assert_true(str_equal(value->text, STR("x\0y")));
    toml_free(document);
}

static void integers_have_four_bases_and_64_bits(void **state)
{
    (void)state;
    assert_value("0", "0");
    assert_value("-0", "0");
    assert_value("+1_000_000", "1000000");
    assert_value("0xDEAD_beef", "3735928559");
    assert_value("0o0_755", "493");
    assert_value("0b1101_0110", "214");
    assert_value("9223372036854775807", "9223372036854775807");
    assert_value("-9223372036854775808", "-9223372036854775808");
    assert_value("0x7fffffffffffffff", "9223372036854775807");
    assert_value("0b0111111111111111111111111111111111111111111111111111111111111111",
                 "9223372036854775807");
}

static void floats_stay_text(void **state)
{
    (void)state;
    assert_value("1.0", "(1.0)");
    assert_value("+3.1415", "(3.1415)");
    assert_value("-0.0", "(-0.0)");
    assert_value("5e+22", "(5e22)");
    assert_value("1E06", "(1e06)");
    assert_value("6.626_070e-3_4", "(6.626070e-34)");
    assert_value("2_2.5", "(22.5)");
    assert_value("inf", "(inf)");
    assert_value("+inf", "(inf)");
    assert_value("-inf", "(-inf)");
    assert_value("-nan", "(nan)");
    assert_value("+nan", "(nan)");
}

static void booleans_are_two_words(void **state)
{
    (void)state;
    assert_value("true", "true");
    assert_value("false#", "false");
}

static void dates_and_times_are_normalised(void **state)
{
    (void)state;
    assert_value("1979-05-27T07:32:00Z", "'1979-05-27T07:32:00Z'");
    assert_value("1979-05-27t07:32:00z", "'1979-05-27T07:32:00Z'");
    assert_value("1979-05-27 07:32-07:00 # no seconds", "'1979-05-27T07:32:00-07:00'");
    assert_value("1979-05-27T00:32:00.999999+23:59", "'1979-05-27T00:32:00.999999+23:59'");
    assert_value("1979-05-27 07:32", "'1979-05-27T07:32:00'");
    assert_value("1979-05-27 # 07:32", "'1979-05-27'");
    assert_value("07:32", "'07:32:00'");
    assert_value("23:59:60.5", "'23:59:60.5'");
    assert_value("[07:32,08:32]", "['07:32:00' '08:32:00']");
    assert_type("1979-05-27T07:32Z", TOML_OFFSET_DATETIME);
    assert_type("1979-05-27T07:32", TOML_LOCAL_DATETIME);
    assert_type("1979-05-27", TOML_LOCAL_DATE);
    assert_type("07:32", TOML_LOCAL_TIME);
}

static void days_exist_as_in_the_calendar(void **state)
{
    (void)state;
    assert_value("0000-02-29", "'0000-02-29'");
    assert_value("2000-02-29", "'2000-02-29'");
    assert_value("2024-02-29", "'2024-02-29'");
    assert_value("9999-12-31", "'9999-12-31'");
    assert_value("2023-04-30", "'2023-04-30'");
}

static void arrays_hold_anything_on_any_number_of_lines(void **state)
{
    (void)state;
    assert_value("[]", "[]");
    assert_value("[ # comment\n ]", "[]");
    assert_value("[1,'two',[3.0,[]],{four=4},]", "[1 \"two\" [(3.0) []] {four=4}]");
    assert_value("[\n1 # one\n,\r\n\n2,\n# end\n]", "[1 2]");
}

static void inline_tables_hold_members_on_any_number_of_lines(void **state)
{
    (void)state;
    assert_value("{}", "{}");
    assert_value("{ # comment\n}", "{}");
    assert_value("{ x = 1, \"y z\" = {}, }", "{x=1 y z={}}");
    assert_value("{\n  mode = \"0600\", # comment\r\n\n  owner.name = \"web\"\n,owner.id = 33,\n}",
                 "{mode=\"0600\" owner={name=\"web\" id=33}}");
}

static void headers_open_tables(void **state)
{
    (void)state;
    assert_tree("[a]\n[ b . \"c d\" ]\nx=1\n[\"\"]\ny=2", "{a={} b={c d={x=1}} ={y=2}}");
    assert_tree("[a.b.c]\nx=1\n[a]\ny=2\n[a.b]\nz=3", "{a={b={c={x=1} z=3} y=2}}");
    assert_tree("[a.b]\n[c]\n[a.d]\n[a]", "{a={b={} d={}} c={}}");
}

static void headers_in_double_brackets_append_tables(void **state)
{
    (void)state;
    assert_tree("[[a]]\nx=1\n[[ a ]]\n[[a]]\nx=3", "{a=[{x=1} {} {x=3}]}");
    assert_tree("[[a]]\n[a.b]\nx=1\n[[a.c]]\n[[a]]\n[a.b]\nx=2\n[[a.c]]\ny=1\n[[a.c]]\n[a.c.d]",
                "{a=[{b={x=1} c=[{}]} {b={x=2} c=[{y=1} {d={}}]}]}");
    assert_tree("[[a.b]]\nx=1\n[a]\ny=2", "{a={b=[{x=1}] y=2}}");
}

static void dotted_keys_make_tables_that_longer_headers_extend(void **state)
{
    (void)state;
    assert_tree("a.b.x=1\na.y=2\na.b.z=3", "{a={b={x=1 z=3} y=2}}");
    assert_tree("[a]\nb.c=1\n[a.d]\n[a.b.e]\nf=2", "{a={b={c=1 e={f=2}} d={}}}");
    assert_tree("[a.b.c]\n[a]\nb.d=1", "{a={b={c={} d=1}}}");
    assert_tree("[[a]]\nb.c=1\n[a.b.d]\n[[a]]\nb.c=2", "{a=[{b={c=1 d={}}} {b={c=2}}]}");
}

static const struct toml_value *member(const struct toml_value *table, const char *key)
{
    const struct toml_value *value = toml_get(table, str_from(key));
    assert_non_null(value);
    return value;
}

static void assert_place(const struct toml_value *value, uint32_t line, uint32_t column)
{
    assert_int_equal(value->line, line);
    assert_int_equal(value->column, column);
}

static void values_know_their_place(void **state)
{
    (void)state;
    struct toml_document *document = parse(STR("\xef\xbb\xbf"
                                               "a = 1\r\n"
                                               "  x . b = '''\n"
                                               "\n"
                                               "''' # \xc3\xa9\n"
                                               "[c.y]\n"
                                               "[c]\n"
                                               "'\xc3\xa9' . k = [ 1,\n"
                                               "\t{ z = 2 } ]\n"
                                               "[[d]]\n"
                                               "[[d]]"));
    const struct toml_value *root = toml_root(document);
    const struct toml_value *array = member(member(member(root, "c"), "\xc3\xa9"), "k");
    assert_place(root, 1, 1);
    assert_place(member(root, "a"), 1, 1);
    assert_place(member(root, "x"), 2, 3);
    assert_place(member(member(root, "x"), "b"), 2, 7);
    assert_place(member(member(root, "c"), "y"), 5, 4);
    assert_place(member(root, "c"), 6, 2);
    assert_place(array, 7, 8);
    assert_place(array->children, 7, 14);
    assert_place(array->children->next, 8, 2);
    assert_place(member(array->children->next, "z"), 8, 4);
    assert_place(member(root, "d"), 9, 3);
    assert_place(member(root, "d")->children, 9, 3);
    assert_place(member(root, "d")->children->next, 10, 3);
    toml_free(document);
}

static void a_member_is_found_in_tables_only(void **state)
{
    (void)state;
    struct toml_document *document = parse(STR("a = [{b = 1}]"));
    assert_null(toml_get(toml_root(document), STR("b")));
    assert_null(toml_get(member(toml_root(document), "a"), STR("")));
    assert_null(toml_get(NULL, STR("b")));
    toml_free(document);
}

static void the_document_borrows_nothing_from_the_text(void **state)
{
    (void)state;
    char text[] = "bare.'quoted' = ['string', 1.5, inf, 2026-11-22]";
    BUF_AUTO struct buf shown = BUF(1024);
    struct toml_document *document = parse(str_from(text));
    memset(text, '?', sizeof text);
    show(&shown, toml_root(document));
    assert_string_equal(buf_text(&shown), "{bare={quoted=[\"string\" (1.5) (inf) '2026-11-22']}}");
    toml_free(document);
}

static void every_member_of_a_large_table_is_found(void **state)
{
    (void)state;
    enum { MEMBERS = 20000 };
    BUF_AUTO struct buf text = BUF(LIMIT_CONFIGURATION);
    for (int i = 0; i < MEMBERS; i++)
        buf_format(&text, "key%05d=%d\n", i, i % 10);
    assert_false(text.failed);
    struct toml_document *document = parse(buf_str(&text));
    for (int i = 0; i < MEMBERS; i++) {
        BUF_AUTO struct buf key = BUF(16);
        buf_format(&key, "key%05d", i);
        assert_int_equal(member(toml_root(document), buf_text(&key))->integer, i % 10);
    }
    toml_free(document);
}

static void arrays_and_tables_nest_32_deep(void **state)
{
    (void)state;
    assert_int_equal(LIMIT_TOML_NESTING, 32);
    assert_tree("a=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                "{a=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}");
    toml_free(parse(STR("[a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a]\nb=1")));
    toml_free(parse(STR("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.b=1")));
    toml_free(parse(STR("[[a.a.a.a.a.a.a.a]]\n[[a.a.a.a.a.a.a.a.a.a.a.a.a.a.a]]\n"
                        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a={}")));
}

static void text_of_256_kib_is_read(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(LIMIT_CONFIGURATION);
    buf_append_text(&text, "a = '");
    while (text.length < LIMIT_CONFIGURATION - 1)
        buf_append_byte(&text, 'x');
    buf_append_byte(&text, '\'');
    struct toml_document *document = parse(buf_str(&text));
    assert_int_equal(member(toml_root(document), "a")->text.length, LIMIT_CONFIGURATION - 6);
    toml_free(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_is_free_between_statements),
        cmocka_unit_test(keys_may_be_bare_quoted_or_dotted),
        cmocka_unit_test(strings_take_escapes_in_double_quotes_only),
        cmocka_unit_test(strings_in_three_quotes_span_lines),
        cmocka_unit_test(keys_and_strings_may_hold_nul),
        cmocka_unit_test(integers_have_four_bases_and_64_bits),
        cmocka_unit_test(floats_stay_text),
        cmocka_unit_test(booleans_are_two_words),
        cmocka_unit_test(dates_and_times_are_normalised),
        cmocka_unit_test(days_exist_as_in_the_calendar),
        cmocka_unit_test(arrays_hold_anything_on_any_number_of_lines),
        cmocka_unit_test(inline_tables_hold_members_on_any_number_of_lines),
        cmocka_unit_test(headers_open_tables),
        cmocka_unit_test(headers_in_double_brackets_append_tables),
        cmocka_unit_test(dotted_keys_make_tables_that_longer_headers_extend),
        cmocka_unit_test(values_know_their_place),
        cmocka_unit_test(a_member_is_found_in_tables_only),
        cmocka_unit_test(the_document_borrows_nothing_from_the_text),
        cmocka_unit_test(every_member_of_a_large_table_is_found),
        cmocka_unit_test(arrays_and_tables_nest_32_deep),
        cmocka_unit_test(text_of_256_kib_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

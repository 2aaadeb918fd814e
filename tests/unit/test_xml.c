/* The XML in replies of AWS's query protocol. */
#include "aws/xml.h"

#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_inner(const char *xml, const char *name, const char *expected)
{
    struct str inner;
    if (!xml_element(str_from(xml), str_from(name), &inner))
        fail_msg("no %s in %s", name, xml);
    assert_same_text(inner, str_from(expected));
}

static void assert_none(const char *xml, const char *name)
{
    struct str inner;
    if (xml_element(str_from(xml), str_from(name), &inner))
        fail_msg("%s found in %s", name, xml);
}

static void the_first_element_of_a_name_is_found(void **state)
{
    (void)state;
    assert_inner("<a>1</a>", "a", "1");
    assert_inner("<?xml version=\"1.0\"?>\n<r><x>1</x><a>2</a><a>3</a></r>", "a", "2");
    assert_inner("<r><b><a> 1\n</a></b></r>", "b", "<a> 1\n</a>");
    assert_inner("<a></a>", "a", "");
}

static void a_name_is_compared_whole(void **state)
{
    (void)state;
    assert_inner("<Codes>1</Codes><Code>2</Code>", "Code", "2");
    assert_inner("<MyCode>1</MyCode><Code>2</Code>", "Code", "2");
    assert_inner("<Code>1</Codes></Code>", "Code", "1</Codes>");
    assert_none("<code>1</code>", "Code");
    assert_none("<n:Code>1</n:Code>", "Code");
    assert_none("Code", "Code");
}

static void attributes_and_white_space_in_tags_are_passed_over(void **state)
{
    (void)state;
    assert_inner("<a xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">1</a >", "a", "1");
    assert_inner("<a\n>1</a\t>", "a", "1");
}

static void an_empty_element_has_an_empty_inside(void **state)
{
    (void)state;
    assert_inner("<a/>", "a", "");
    assert_inner("<a />", "a", "");
    assert_inner("<a x='1'/><a>2</a>", "a", "");
}

static void what_is_cut_off_is_not_found(void **state)
{
    (void)state;
    const struct str whole = STR("<r><a x='1'>2</a></r>");
    struct str inner;
    for (size_t length = 0; length < whole.length; length++) {
        assert_false(xml_element(str_take(whole, length), STR("r"), &inner));
        assert_int_equal(xml_element(str_take(whole, length), STR("a"), &inner),
                         length >= strlen("<r><a x='1'>2</a>"));
    }
    assert_true(xml_element(whole, STR("r"), &inner));
    assert_false(xml_element(str_from(NULL), STR("r"), &inner));
    assert_none("</a><a>", "a");
}

static void assert_text(const char *inner, const char *expected)
{
    BUF_AUTO struct buf text = BUF(256);
    if (!xml_text(str_from(inner), &text))
        fail_msg("not read: %s", inner);
    assert_same_text(buf_str(&text), str_from(expected));
}

static void text_is_decoded(void **state)
{
    (void)state;
    assert_text("", "");
    assert_text("plain \xc3\xa9", "plain \xc3\xa9");
    assert_text("a&amp;b&lt;&gt;&quot;&apos;", "a&b<>\"'");
    assert_text("&#43;&#x2b;&#x2B;&#1;&#127;&#x7f;", "+++\x01\x7f\x7f");
    assert_text("&amp;lt;", "&lt;");
    assert_text(">", ">");
}

static void other_markup_and_references_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "<b>x</b>",
        "a<!-- x -->",
        "<![CDATA[x]]>",
        "&",
        "&amp",
        "&;",
        "&nbsp;",
        "&AMP;",
        "& amp;",
        "&#;",
        "&#x;",
        "&#0;",
        "&#x0;",
        "&#128;",
        "&#x80;",
        "&#233;",
        "&#x100;",
        "&#xfffffffffffffffff2b;",
        "&#18446744073709551659;",
        "&#-1;",
        "&#2b;",
        "&#xg;",
        "&#X2b;",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        BUF_AUTO struct buf text = BUF(256);
        if (xml_text(str_from(wrong[i]), &text))
            fail_msg("taken: %s", wrong[i]);
    }
}

static void text_longer_than_the_buffer_is_refused(void **state)
{
    (void)state;
    BUF_AUTO struct buf text = BUF(3);
    assert_true(xml_text(STR("&amp;bc"), &text));
    buf_clear(&text);
    assert_false(xml_text(STR("abcd"), &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_element_of_a_name_is_found),
        cmocka_unit_test(a_name_is_compared_whole),
        cmocka_unit_test(attributes_and_white_space_in_tags_are_passed_over),
        cmocka_unit_test(an_empty_element_has_an_empty_inside),
        cmocka_unit_test(what_is_cut_off_is_not_found),
        cmocka_unit_test(text_is_decoded),
        cmocka_unit_test(other_markup_and_references_are_refused),
        cmocka_unit_test(text_longer_than_the_buffer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

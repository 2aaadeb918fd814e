/* Strict DER is read; BER, which the library reads, too, is refused. */
#include "crypto/asn1.h"

#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void elements_are_read_in_order(void **state)
{
    (void)state;
    struct str rest = STR("\x04\x02"
                          "ab"
                          "\x05\x00"
                          "\x30\x01x");
    struct str contents;
    assert_true(asn1_next_is(rest, ASN1_OCTET_STRING));
    assert_true(asn1_next(&rest, ASN1_OCTET_STRING, &contents));
    assert_same_text(contents, STR("ab"));
    assert_false(asn1_next(&rest, ASN1_OCTET_STRING, &contents));
    assert_true(asn1_next(&rest, ASN1_NULL, &contents));
    assert_int_equal(contents.length, 0);
    assert_true(asn1_next(&rest, ASN1_SEQUENCE, &contents));
    assert_same_text(contents, STR("x"));
    assert_false(asn1_next(&rest, ASN1_SEQUENCE, &contents));
    assert_false(asn1_next_is(rest, ASN1_SEQUENCE));
}

/* Reads an element of `header`, a tag and a length, and `length` bytes of contents. */
static bool is_accepted(struct str header, size_t length)
{
    BUF_AUTO struct buf element = BUF(1 << 17);
    struct str contents = {NULL, 0};
    buf_append(&element, header);
    for (size_t i = 0; i < length; i++)
        buf_append_byte(&element, 'x');
    struct str rest = buf_str(&element);
    bool accepted = asn1_next(&rest, ASN1_OCTET_STRING, &contents);
    assert_int_equal(rest.length, accepted ? 0 : element.length);
    return accepted && contents.length == length;
}

static void a_length_is_as_short_as_possible(void **state)
{
    (void)state;
    assert_true(is_accepted(STR("\x04\x00"), 0));
    assert_true(is_accepted(STR("\x04\x7f"), 0x7f));
    assert_true(is_accepted(STR("\x04\x81\x80"), 0x80));
    assert_true(is_accepted(STR("\x04\x81\xff"), 0xff));
    assert_true(is_accepted(STR("\x04\x82\x01\x00"), 0x100));
    assert_true(is_accepted(STR("\x04\x83\x01\x00\x00"), 0x10000));
    assert_false(is_accepted(STR("\x04\x81\x7f"), 0x7f));
    assert_false(is_accepted(STR("\x04\x81\x00"), 0));
    assert_false(is_accepted(STR("\x04\x82\x00\xff"), 0xff));
    assert_false(is_accepted(STR("\x04\x85\x00\x00\x00\x01\x00"), 0x100));
    assert_false(is_accepted(STR("\x04\x80"), 0)); /* indefinite */
    assert_false(is_accepted(STR("\x04\xff"), 0));
}

static void a_length_that_exceeds_the_input_is_refused(void **state)
{
    (void)state;
    assert_false(is_accepted(STR(""), 0));
    assert_false(is_accepted(STR("\x04"), 0));
    assert_false(is_accepted(STR("\x04\x05"), 4));
    assert_false(is_accepted(STR("\x04\x82\x01"), 0));
    assert_false(is_accepted(STR("\x04\x84\xff\xff\xff\xff"), 100));
    assert_false(is_accepted(STR("\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff"), 100));
}

static bool number_is(struct str contents, uint64_t expected)
{
    BUF_AUTO struct buf element = BUF(64);
    uint64_t number = 0;
    buf_append_byte(&element, ASN1_INTEGER);
    buf_append_byte(&element, (char)contents.length);
    buf_append(&element, contents);
    struct str rest = buf_str(&element);
    return asn1_next_unsigned(&rest, &number) && rest.length == 0 && number == expected;
}

static void numbers_are_unsigned_and_as_short_as_possible(void **state)
{
    (void)state;
    assert_true(number_is(STR("\x00"), 0));
    assert_true(number_is(STR("\x7f"), 0x7f));
    assert_true(number_is(STR("\x00\x80"), 0x80));
    assert_true(number_is(STR("\x12\x34"), 0x1234));
    assert_true(number_is(STR("\x00\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX));
    assert_true(number_is(STR("\x01\x00\x00\x00\x00\x00\x00\x00\x00"), UINT64_MAX));
    static const struct str none[] = {STR(""),         STR("\x80"),     STR("\xff"),
                                      STR("\x00\x7f"), STR("\x00\x00"), STR("\xff\x80")};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct str rest = none[i];
        uint64_t number = 0;
        assert_false(asn1_next_unsigned(&rest, &number));
        for (uint64_t value = 0; value < 0x100; value++)
            assert_false(number_is(none[i], value));
    }
}

static void assert_oid(struct str oid, const char *expected)
{
    char text[ASN1_OID_TEXT_SIZE];
    asn1_oid_text(oid, text);
    assert_string_equal(text, expected);
}

static void an_object_identifier_is_shown_with_dots(void **state)
{
    (void)state;
    assert_oid(STR("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"), "1.2.840.113549.1.5.13");
    assert_oid(STR("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), "2.16.840.1.101.3.4.1.42");
    assert_oid(STR("\x00"), "0.0");
    assert_oid(STR("\x27"), "0.39");
    assert_oid(STR("\x28"), "1.0");
    assert_oid(STR("\x88\x37"), "2.999");
}

static void an_object_identifier_that_cannot_be_shown_is_a_question_mark(void **state)
{
    (void)state;
    char oid[1000];
    memset(oid, 0x7f, sizeof oid);
    assert_oid(str_bytes(oid, sizeof oid), "?");
    assert_oid(STR(""), "?");
    assert_oid(STR("\x2a\x86"), "?");
    assert_oid(STR("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "?");
}

static void assert_decimal(struct str number, const char *expected)
{
    char digits[ASN1_DECIMAL_SIZE];
    assert_true(asn1_decimal(number, digits));
    assert_string_equal(digits, expected);
}

static void a_number_is_shown_in_decimal(void **state)
{
    (void)state;
    assert_decimal(STR("\x00"), "0");
    assert_decimal(STR("\x01"), "1");
    assert_decimal(STR("\x0a"), "10");
    assert_decimal(STR("\x7f"), "127");
    assert_decimal(STR("\x00\x80"), "128");
    assert_decimal(STR("\x00\xff"), "255");
    assert_decimal(STR("\x01\x00"), "256");
    assert_decimal(STR("\x03\xe8"), "1000");
    assert_decimal(STR("\x00\xff\xff\xff\xff"), "4294967295");
    assert_decimal(STR("\x01\x00\x00\x00\x00"), "4294967296");
    assert_decimal(STR("\x00\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615");
    assert_decimal(STR("\x01\x00\x00\x00\x00\x00\x00\x00\x00"), "18446744073709551616");
    assert_decimal(STR("\x00\x8a\xc7\x23\x04\x89\xe8\x00\x00"), "10000000000000000000");
    /* The largest serial number of RFC 5280, 2^159 - 1. */
    assert_decimal(STR("\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                       "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
                   "730750818665451459101842416358141509827966271487");
}

static void the_largest_number_in_decimal_fits(void **state)
{
    (void)state;
    char number[ASN1_LONGEST_DECIMAL + 1];
    char digits[ASN1_DECIMAL_SIZE];
    memset(number, 0xff, sizeof number);
    number[0] = 0x7f;
    assert_true(asn1_decimal(str_bytes(number, ASN1_LONGEST_DECIMAL), digits));
    /* 2^511 - 1 */
    assert_string_equal(digits,
                        "67039039649712985497870124991029230637396829102961966888617807218608"
                        "82015036773488400937149083451713845015929093243025426876941405973284"
                        "973216824503042047");
    assert_false(asn1_decimal(str_bytes(number, sizeof number), digits));
}

static void a_number_that_is_no_number_has_no_decimal(void **state)
{
    (void)state;
    char digits[ASN1_DECIMAL_SIZE];
    assert_false(asn1_decimal(STR(""), digits));
    assert_false(asn1_decimal(STR("\xff"), digits));     /* negative */
    assert_false(asn1_decimal(STR("\x00\x01"), digits)); /* not the shortest form */
}

static void what_is_appended_is_read(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff};
    static char contents[0xffff];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        BUF_AUTO struct buf der = BUF(1 << 17);
        struct str expected = str_bytes(contents, lengths[i]);
        struct str actual;
        asn1_append(&der, ASN1_OCTET_STRING, expected);
        struct str rest = buf_str(&der);
        assert_true(asn1_next(&rest, ASN1_OCTET_STRING, &actual));
        assert_true(str_equal(actual, expected));
        assert_int_equal(rest.length, 0);
    }
    struct buf small = BUF(3);
    asn1_append(&small, ASN1_OCTET_STRING, STR("abc"));
    assert_true(small.failed);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_read_in_order),
        cmocka_unit_test(a_length_is_as_short_as_possible),
        cmocka_unit_test(a_length_that_exceeds_the_input_is_refused),
        cmocka_unit_test(numbers_are_unsigned_and_as_short_as_possible),
        cmocka_unit_test(an_object_identifier_is_shown_with_dots),
        cmocka_unit_test(an_object_identifier_that_cannot_be_shown_is_a_question_mark),
        cmocka_unit_test(a_number_is_shown_in_decimal),
        cmocka_unit_test(the_largest_number_in_decimal_fits),
        cmocka_unit_test(a_number_that_is_no_number_has_no_decimal),
        cmocka_unit_test(what_is_appended_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

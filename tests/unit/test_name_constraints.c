/* Name constraints, as bytes. Chains are compared with OpenSSL's judgement in
 * tests/e2e/test_name_constraints.py. */
#include "net/name_constraints.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Elements of at most 127 bytes. */
#define PERMITTED "\xa0"
#define EXCLUDED "\xa1"

/* Wraps the contents of `buf` into an element. */
static void wrap(struct buf *buf, char tag)
{
    BUF_AUTO struct buf inner = BUF(256);
    buf_append(&inner, buf_str(buf));
    assert_true(inner.length < 0x80);
    buf_clear(buf);
    buf_append_byte(buf, tag);
    buf_append_byte(buf, (char)inner.length);
    assert_true(buf_append(buf, buf_str(&inner)));
}

/* NameConstraints with one subtree. `after` follows its base. */
static void build(struct buf *out, const char *list, char form, struct str base, struct str after)
{
    buf_clear(out);
    buf_append(out, base);
    wrap(out, form);
    buf_append(out, after);
    wrap(out, '\x30');
    wrap(out, list[0]);
    wrap(out, '\x30');
}

static enum name_verdict judge(struct str der, bool critical, unsigned form, const char *name,
                               size_t length)
{
    const struct name_constraints constraints = {true, critical, der};
    return name_constraints_judge(&constraints, form, str_bytes(name, length));
}

static enum name_verdict judge_dns(const char *list, const char *base, const char *name)
{
    BUF_AUTO struct buf der = BUF(256);
    build(&der, list, '\x82', str_from(base), STR(""));
    return judge(buf_str(&der), false, NAME_DNS, name, strlen(name));
}

static void dns_names_lie_in_a_domain_by_whole_labels(void **state)
{
    (void)state;
    static const struct {
        const char *base;
        const char *name;
        bool inside;
    } table[] = {
        {"example.com", "example.com", true},
        {"example.com", "www.example.com", true},
        {"example.com", "a.b.example.com", true},
        {"Example.COM", "WWW.eXample.com", true},
        {"", "example.com", true},
        {"", "", true},
        {".example.com", "www.example.com", true},
        {".example.com", "example.com", false},
        {"example.com", "notexample.com", false},
        {"example.com", "example.org", false},
        {"example.com", "com", false},
        {"example.com", "", false},
        {"www.example.com", "example.com", false},
        {"example.com", "*.example.com", true},
        {"example.com", "example.com.org", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bool inside = table[i].inside;
        if (judge_dns(PERMITTED, table[i].base, table[i].name) !=
                (inside ? NAME_PERMITTED : NAME_FORBIDDEN) ||
            judge_dns(EXCLUDED, table[i].base, table[i].name) !=
                (inside ? NAME_FORBIDDEN : NAME_PERMITTED))
            fail_msg("%s in %s", table[i].name, table[i].base);
    }
}

static void a_wildcard_is_excluded_with_what_it_covers(void **state)
{
    (void)state;
    assert_int_equal(judge_dns(EXCLUDED, "www.example.com", "*.example.com"), NAME_FORBIDDEN);
    assert_int_equal(judge_dns(EXCLUDED, "www.EXAMPLE.com", "*.example.com"), NAME_FORBIDDEN);
    assert_int_equal(judge_dns(EXCLUDED, "a.www.example.com", "*.example.com"), NAME_PERMITTED);
    assert_int_equal(judge_dns(EXCLUDED, ".example.com", "*.example.org"), NAME_PERMITTED);
    assert_int_equal(judge_dns(EXCLUDED, "com", "*.example.org"), NAME_PERMITTED);
    assert_int_equal(judge_dns(PERMITTED, "www.example.com", "*.example.com"), NAME_FORBIDDEN);
}

static void addresses_are_compared_under_the_mask(void **state)
{
    (void)state;
    BUF_AUTO struct buf der = BUF(256);
    build(&der, PERMITTED, '\x87', STR("\x0a\x01\x00\x00\xff\xff\x00\x00"), STR(""));
    assert_int_equal(judge(buf_str(&der), false, NAME_ADDRESS, "\x0a\x01\x02\x03", 4),
                     NAME_PERMITTED);
    assert_int_equal(judge(buf_str(&der), false, NAME_ADDRESS, "\x0a\x02\x02\x03", 4),
                     NAME_FORBIDDEN);
    assert_int_equal(
        judge(buf_str(&der), false, NAME_ADDRESS, "\x0a\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16),
        NAME_FORBIDDEN);
    assert_int_equal(judge(buf_str(&der), false, NAME_DNS, "10.2.0.0", 8), NAME_PERMITTED);
}

static void other_forms_matter_when_critical(void **state)
{
    (void)state;
    BUF_AUTO struct buf der = BUF(256);
    build(&der, PERMITTED, '\xa4', STR("\x30\x00"), STR(""));
    assert_int_equal(judge(buf_str(&der), true, NAME_DIRECTORY, "\x30\x00", 2), NAME_UNDECIDED);
    assert_int_equal(judge(buf_str(&der), false, NAME_DIRECTORY, "\x30\x00", 2), NAME_PERMITTED);
    assert_int_equal(judge(buf_str(&der), true, NAME_DNS, "a", 1), NAME_PERMITTED);
    assert_int_equal(judge(buf_str(&der), true, 6, "a:b", 3), NAME_PERMITTED);
}

static void what_is_damaged_decides_nothing(void **state)
{
    (void)state;
    static const struct str wrong[] = {
        STR("\x31\x00"),                             /* no SEQUENCE */
        STR("\x30\x80\x00\x00"),                     /* indefinite length */
        STR("\x30\x81\x00"),                         /* a length that is not the shortest */
        STR("\x30\x00\x00"),                         /* bytes after it */
        STR("\x30\x02\xa2\x00"),                     /* a third list */
        STR("\x30\x04\xa1\x00\xa0\x00"),             /* the wrong order */
        STR("\x30\x04\xa0\x02\x30\x00"),             /* a subtree without a base */
        STR("\x30\x07\xa0\x05\x30\x03\x02\x01\x61"), /* a base that is no GeneralName */
        STR("\x30\x07\xa0\x05\x31\x03\x82\x01\x61"), /* no GeneralSubtree */
        STR("\x30\x07\xa0\x05\x30\x03\x87\x01\x61"), /* an address of one byte */
        STR("\x30\x0a\xa0\x08\x30\x06\x82\x01\x61\x81\x01\x05"), /* a maximum */
        STR("\x30\x0a\xa0\x08\x30\x06\x82\x01\x61\x80\x01\x01"), /* a minimum that is not 0 */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (judge(wrong[i], false, NAME_DNS, "a", 1) != NAME_UNDECIDED)
            fail_msg("number %zu", i);
    /* An explicit minimum of 0 is not DER, but has one meaning. */
    assert_int_equal(
        judge(STR("\x30\x0a\xa0\x08\x30\x06\x82\x01\x61\x80\x01\x00"), false, NAME_DNS, "a", 1),
        NAME_PERMITTED);
    assert_int_equal(judge(STR("\x30\x00"), false, NAME_DNS, "a", 1), NAME_PERMITTED);
    assert_int_equal(judge(STR(""), false, NAME_DNS, "a", 1), NAME_UNDECIDED);
    const struct name_constraints none = {0};
    assert_int_equal(name_constraints_judge(&none, NAME_DNS, STR("a")), NAME_PERMITTED);
}

static void every_cut_decides_nothing(void **state)
{
    (void)state;
    BUF_AUTO struct buf der = BUF(256);
    build(&der, EXCLUDED, '\x82', STR("example.com"), STR(""));
    for (size_t length = 1; length < der.length; length++)
        assert_int_equal(judge(str_take(buf_str(&der), length), false, NAME_DNS, "a", 1),
                         NAME_UNDECIDED);
}

/* Extensions of a certificate. VALUE permits an empty list. */
#define OID "\x06\x03\x55\x1d\x1e"
#define VALUE "\x04\x04\x30\x02\xa0\x00"
#define PLAIN "\x30\x0b" OID VALUE
#define CRITICAL "\x30\x0e" OID "\x01\x01\xff" VALUE
#define NOT_CRITICAL "\x30\x0e" OID "\x01\x01\x00" VALUE
#define ANOTHER "\x30\x07\x06\x03\x55\x1d\x13\x04\x00"

static void the_extension_is_found_among_others(void **state)
{
    (void)state;
    static const struct {
        struct str extensions;
        bool sound;
        size_t length;
        bool critical;
    } table[] = {
        {STR(""), true, 0, false},
        {STR("\x30\x00"), true, 0, false},
        {STR("\x30\x0d" PLAIN), true, 4, false},
        {STR("\x30\x10" CRITICAL), true, 4, true},
        {STR("\x30\x10" NOT_CRITICAL), true, 4, false},
        {STR("\x30\x16" ANOTHER PLAIN), true, 4, false},
        {STR("\x30\x16" PLAIN ANOTHER), true, 4, false},
        /* Twice, cut, or no extension. */
        {STR("\x30\x1a" PLAIN PLAIN), false, 0, false},
        {STR("\x30\x0e" PLAIN), false, 0, false},
        {STR("\x30\x0c" PLAIN), false, 0, false},
        {STR("\x30\x02\x04\x00"), false, 0, false},
        {STR("\x30\x02\x30\x00"), false, 0, false},
        {STR("\x30\x00\x00"), false, 0, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct name_constraints found;
        if (name_constraints_find(table[i].extensions, &found) != table[i].sound)
            fail_msg("number %zu", i);
        if (!table[i].sound)
            continue;
        assert_int_equal(found.present, table[i].length > 0);
        assert_int_equal(found.der.length, table[i].length);
        assert_int_equal(found.critical, table[i].critical);
    }
}

/* An empty value must not pass for "there are none". */
static void an_empty_extension_is_damaged(void **state)
{
    (void)state;
    struct name_constraints found;
    assert_true(name_constraints_find(STR("\x30\x09\x30\x07" OID "\x04\x00"), &found));
    assert_int_equal(name_constraints_judge(&found, NAME_DNS, STR("a")), NAME_UNDECIDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_names_lie_in_a_domain_by_whole_labels),
        cmocka_unit_test(a_wildcard_is_excluded_with_what_it_covers),
        cmocka_unit_test(addresses_are_compared_under_the_mask),
        cmocka_unit_test(other_forms_matter_when_critical),
        cmocka_unit_test(what_is_damaged_decides_nothing),
        cmocka_unit_test(every_cut_decides_nothing),
        cmocka_unit_test(the_extension_is_found_among_others),
        cmocka_unit_test(an_empty_extension_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

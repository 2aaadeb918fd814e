/* Amazon Resource Names: valid and invalid ones, and their parts. */
#include "config/arn.h"

#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void an_arn_has_six_parts(void **state)
{
    (void)state;
    struct arn arn;
    assert_true(arn_split(STR("arn:aws-cn:acm:cn-north-1:123456789012:certificate/a:b"), &arn));
    assert_same_text(arn.partition, STR("aws-cn"));
    assert_same_text(arn.service, STR("acm"));
    assert_same_text(arn.region, STR("cn-north-1"));
    assert_same_text(arn.account, STR("123456789012"));
    assert_same_text(arn.resource, STR("certificate/a:b"));
    assert_true(arn_split(STR("arn:::::"), &arn));
    assert_int_equal(arn.resource.length, 0);
}

static void what_has_fewer_parts_is_no_arn(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "arn",
                                        "arn:aws:acm:eu-west-1:123456789012",
                                        "arn::::",
                                        "urn:aws:acm:eu-west-1:123456789012:certificate/a",
                                        "ARN:aws:acm:eu-west-1:123456789012:certificate/a"};
    struct arn arn;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (arn_split(str_from(wrong[i]), &arn))
            fail_msg("\"%s\" was taken", wrong[i]);
}

static void certificates_of_every_partition_are_taken(void **state)
{
    (void)state;
    static const char *const right[] = {
        "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
        "arn:aws-us-gov:acm:us-gov-west-1:000000000000:certificate/a",
        "arn:aws-cn:acm:cn-north-1:123456789012:certificate/a",
        "arn:aws_x:acm:X1:123456789012:certificate/_+=,.@/-",
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        if (!arn_is_certificate(str_from(right[i])))
            fail_msg("\"%s\" was refused", right[i]);
}

static void other_things_are_no_certificates(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "arn:aws:acm:us-east-1:123456789012:certificate/",
        "arn:aws:acm:us-east-1:123456789012:certificate",
        "arn:aws:acm:us-east-1:123456789012:Certificate/a",
        "arn:aws:acm:us-east-1:12345678901:certificate/a",
        "arn:aws:acm:us-east-1:1234567890123:certificate/a",
        "arn:aws:acm:us-east-1:12345678901x:certificate/a",
        "arn:aws:acm:us-east-1::certificate/a",
        "arn:aws:acm::123456789012:certificate/a",
        "arn::acm:us-east-1:123456789012:certificate/a",
        "arn:aws:acm-pca:us-east-1:123456789012:certificate/a",
        "arn:aws:ACM:us-east-1:123456789012:certificate/a",
        "arn:aws:acm:us-east-1:123456789012:certificate/a b",
        "arn:aws:acm:us-east-1:123456789012:certificate/a:b",
        "arn:aws:acm:us-east-1:123456789012:certificate/a\n",
        " arn:aws:acm:us-east-1:123456789012:certificate/a",
        "arn:a.s:acm:us-east-1:123456789012:certificate/a",
        "arn:aws:acm:us-east-1:123456789012:certificate/\xc3\xa9",
        /* a region becomes part of a host name */
        "arn:aws:acm:us.east.1:123456789012:certificate/a",
        "arn:aws:acm:us-east-1.evil.example/:123456789012:certificate/a",
        "arn:aws:acm:us_east_1:123456789012:certificate/a",
        "arn:aws:acm:us-east-1@evil:123456789012:certificate/a",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (arn_is_certificate(str_from(wrong[i])))
            fail_msg("\"%s\" was taken", wrong[i]);
    assert_false(arn_is_certificate(STR("arn:aws:acm:us-east-1:123456789012:certificate/a\0")));
}

static void a_region_is_shorter_than_64_bytes(void **state)
{
    (void)state;
    for (size_t length = 62; length <= 65; length++) {
        BUF_AUTO struct buf text = BUF(256);
        buf_append_text(&text, "arn:aws:acm:");
        for (size_t i = 0; i < length; i++)
            buf_append_byte(&text, 'r');
        buf_append_text(&text, ":123456789012:certificate/a");
        assert_int_equal(arn_is_certificate(buf_str(&text)), length < 64);
    }
}

static void roles_are_taken_with_and_without_a_path(void **state)
{
    (void)state;
    static const char *const right[] = {
        "arn:aws:iam::123456789012:role/box",
        "arn:aws:iam::123456789012:role/service-role/some/Box_1+=,.@-",
        "arn:aws-eusc:iam::123456789012:role/box",
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        if (!arn_is_role(str_from(right[i])))
            fail_msg("\"%s\" was refused", right[i]);
}

static void other_things_are_no_roles(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:user/box",
        "arn:aws:iam:us-east-1:123456789012:role/box",
        "arn:aws:iam::12345678901:role/box",
        "arn:aws:iam::123456789o12:role/box",
        "arn:aws:sts::123456789012:role/box",
        "arn:aws:sts::123456789012:assumed-role/box/session",
        "arn:aws:iam::123456789012:role/box&Action=x",
        "arn:aws:iam::123456789012:role/box%2f",
        "arn:aws:iam::123456789012:role/box\r\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (arn_is_role(str_from(wrong[i])))
            fail_msg("\"%s\" was taken", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arn_has_six_parts),
        cmocka_unit_test(what_has_fewer_parts_is_no_arn),
        cmocka_unit_test(certificates_of_every_partition_are_taken),
        cmocka_unit_test(other_things_are_no_certificates),
        cmocka_unit_test(a_region_is_shorter_than_64_bytes),
        cmocka_unit_test(roles_are_taken_with_and_without_a_path),
        cmocka_unit_test(other_things_are_no_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

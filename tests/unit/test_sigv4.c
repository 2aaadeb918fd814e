/* Signature Version 4. The expected signatures were computed with botocore, AWS's own
 implementation; the first is also the example in AWS's documentation. tests/vectors runs the whole
published test suite. */
#include "aws/sigv4_internal.h"
#include "base/format.h"

#include "crypto/crypto.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECRET STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
#define FORM STR("application/x-www-form-urlencoded; charset=utf-8")

static int start(void **state)
{
    (void)state;
    return crypto_start() ? 0 : -1;
}

/* --- known answers --- */

static void assert_authorization(const struct sigv4_request *request,
                                 const struct sigv4_scope *scope, const char *expected)
{
    BUF_AUTO struct buf authorization = BUF(4096);
    assert_true(sigv4_authorization(request, scope, &authorization));
    assert_string_equal(buf_text(&authorization), expected);
}

static void the_example_of_the_documentation_is_signed(void **state)
{
    (void)state;
    const struct sigv4_header headers[] = {
        {STR("Host"), STR("iam.amazonaws.com")},
        {STR("Content-Type"), FORM},
        {STR("X-Amz-Date"), STR("20150830T123600Z")},
    };
    const struct sigv4_request request = {
        .method = STR("GET"),
        .path = STR("/"),
        .query = STR("Action=ListUsers&Version=2010-05-08"),
        .normalise_path = true,
        .headers = headers,
        .header_count = 3,
    };
    const struct sigv4_scope scope = {
        STR("AKIDEXAMPLE"), SECRET, STR("us-east-1"), STR("iam"), 1440938160, NULL,
    };
    BUF_AUTO struct buf canonical = BUF(4096);
    BUF_AUTO struct buf to_sign = BUF(4096);
    assert_true(sigv4_canonical_request(&request, &canonical));
    assert_string_equal(buf_text(&canonical),
                        "GET\n/\nAction=ListUsers&Version=2010-05-08\n"
                        "content-type:application/x-www-form-urlencoded; charset=utf-8\n"
                        "host:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
                        "content-type;host;x-amz-date\n"
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(sigv4_string_to_sign(&scope, buf_str(&canonical), &to_sign));
    assert_string_equal(buf_text(&to_sign),
                        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n"
                        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
    assert_authorization(&request, &scope,
                         "AWS4-HMAC-SHA256 "
                         "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                         "SignedHeaders=content-type;host;x-amz-date, Signature="
                         "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

static void assume_role_is_signed(void **state)
{
    (void)state;
    const struct sigv4_header headers[] = {
        {STR("Host"), STR("sts.eu-central-1.amazonaws.com")},
        {STR("X-Amz-Date"), STR("20260611T040506Z")},
        {STR("Content-Type"), FORM},
    };
    const struct sigv4_request request = {
        .method = STR("POST"),
        .path = STR("/"),
        .normalise_path = true,
        .headers = headers,
        .header_count = 3,
        .body = STR("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012"
                    "%3Arole%2Fbox&RoleSessionName=certificate-manager-provider"),
    };
    const struct sigv4_scope scope = {
        STR("AKIDEXAMPLE"), SECRET, STR("eu-central-1"), STR("sts"), 1781150706, NULL,
    };
    assert_authorization(&request, &scope,
                         "AWS4-HMAC-SHA256 "
                         "Credential=AKIDEXAMPLE/20260611/eu-central-1/sts/aws4_request, "
                         "SignedHeaders=content-type;host;x-amz-date, Signature="
                         "bc7bcab2524fb5540e600130503514d561c0db4884f7483eb2d2803449367094");
}

static void export_certificate_is_signed_with_the_session_token(void **state)
{
    (void)state;
    const struct sigv4_header headers[] = {
        {STR("Host"), STR("acm.us-east-1.amazonaws.com")},
        {STR("X-Amz-Date"), STR("20260611T040506Z")},
        {STR("X-Amz-Security-Token"), STR("FQoGZXIvYXdzEXAMPLE//TOKEN+==")},
        {STR("Content-Type"), STR("application/x-amz-json-1.1")},
        {STR("X-Amz-Target"), STR("CertificateManager.ExportCertificate")},
    };
    const struct sigv4_request request = {
        .method = STR("POST"),
        .path = STR("/"),
        .normalise_path = true,
        .headers = headers,
        .header_count = 5,
        .body = STR("{\"CertificateArn\":\"arn:aws:acm:us-east-1:123456789012:certificate/one\","
                    "\"Passphrase\":\"cGFzc3BocmFzZQ==\"}"),
    };
    const struct sigv4_scope scope = {
        STR("ASIDEXAMPLE"), SECRET, STR("us-east-1"), STR("acm"), 1781150706, NULL,
    };
    assert_authorization(&request, &scope,
                         "AWS4-HMAC-SHA256 "
                         "Credential=ASIDEXAMPLE/20260611/us-east-1/acm/aws4_request, "
                         "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
                         "x-amz-target, Signature="
                         "9c1138bd453bf065ffed05598f023564e8e5490cec31286b05811c42d8406d59");
}

/* --- canonical forms --- */

/* The canonical request's line `number`, counted from 0. */
static void assert_line(const struct sigv4_request *request, unsigned number, const char *expected)
{
    BUF_AUTO struct buf canonical = BUF(128 * 1024);
    struct str rest;
    struct str line = {0};
    assert_true(sigv4_canonical_request(request, &canonical));
    rest = buf_str(&canonical);
    for (unsigned i = 0; i <= number; i++)
        assert_true(str_next(&rest, '\n', &line));
    assert_same_text(line, str_from(expected));
}

static void a_path_is_encoded_once_and_normalised_if_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *plain;
        const char *normalised;
    } cases[] = {
        {"", "/", "/"},
        {"/", "/", "/"},
        {"/a/b", "/a/b", "/a/b"},
        {"/a/b/", "/a/b/", "/a/b/"},
        {"//a///b//", "//a///b//", "/a/b/"},
        {"/a/./b/.", "/a/./b/.", "/a/b/"},
        {"/a/../b", "/a/../b", "/b"},
        {"/a/b/..", "/a/b/..", "/a/"},
        {"/../..", "/../..", "/"},
        {"/../a", "/../a", "/a"},
        {"/.a/..b/...", "/.a/..b/...", "/.a/..b/..."},
        {"/a b/%/\xc3\xa9", "/a%20b/%25/%C3%A9", "/a%20b/%25/%C3%A9"},
        {"/a-_.~:@!$&'()*+,;=", "/a-_.~%3A%40%21%24%26%27%28%29%2A%2B%2C%3B%3D",
         "/a-_.~%3A%40%21%24%26%27%28%29%2A%2B%2C%3B%3D"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sigv4_request request = {.method = STR("GET"), .path = str_from(cases[i].path)};
        assert_line(&request, 1, cases[i].plain);
        request.normalise_path = true;
        assert_line(&request, 1, cases[i].normalised);
    }
}

static void a_query_is_encoded_once_and_sorted(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"a=1", "a=1"},
        {"a", "a="},
        {"=", "="},
        {"=1", "=1"},
        {"b=2&a=1&c=3", "a=1&b=2&c=3"},
        {"a=2&a=1&a=10", "a=1&a=10&a=2"},
        {"a-b=1&a=1&ab=1", "a=1&a-b=1&ab=1"},
        {"b=1&B=1", "B=1&b=1"},
        {"&&a=1&", "a=1"},
        {"a=b=c", "a=b%3Dc"},
        {"a=%41%2f%2F", "a=A%2F%2F"},
        {"a=+ %20", "a=%2B%20%20"},
        {"a=%&b=%4&c=%zz&d=%4g", "a=%25&b=%254&c=%25zz&d=%254g"},
        {"\xe1\x88\xb4=bar", "%E1%88%B4=bar"},
        {"a=~-_.*", "a=~-_.%2A"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_AUTO struct buf query = BUF(4096);
        assert_true(canonical_append_query(str_from(cases[i][0]), &query));
        const struct sigv4_request request = {
            .method = STR("GET"), .path = STR("/"), .query = buf_str(&query)};
        assert_line(&request, 2, cases[i][1]);
    }
}

static void headers_are_sorted_trimmed_folded_and_joined(void **state)
{
    (void)state;
    const struct sigv4_header headers[] = {
        {STR("X-Amz-Date"), STR("20150830T123600Z")},
        {STR("my-header"), STR("  b \t\t  c\r\n   d  ")},
        {STR("Host"), STR("example.com")},
        {STR("MY-Header"), STR("a")},
        {STR("Empty"), STR("")},
        {STR("My-Header"), STR(" \"x   y\" ")},
    };
    const struct sigv4_request request = {
        .method = STR("GET"), .path = STR("/"), .headers = headers, .header_count = 6};
    assert_line(&request, 3, "empty:");
    assert_line(&request, 4, "host:example.com");
    assert_line(&request, 5, "my-header:b c d,a,\"x y\"");
    assert_line(&request, 6, "x-amz-date:20150830T123600Z");
    assert_line(&request, 7, "");
    assert_line(&request, 8, "empty;host;my-header;x-amz-date");
}

static void the_body_is_signed_by_its_hash(void **state)
{
    (void)state;
    const struct sigv4_request request = {
        .method = STR("POST"), .path = STR("/"), .body = STR("Param1=value1")};
    assert_line(&request, 5, "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");
}

static void every_byte_that_is_not_unreserved_is_encoded(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        static const char unreserved[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
        BUF_AUTO struct buf out = BUF(3);
        BUF_AUTO struct buf expected = BUF(4);
        const char text = (char)byte;
        if (byte != 0 && strchr(unreserved, byte) != NULL)
            buf_append_byte(&expected, text);
        else
            buf_format(&expected, "%%%c%c", "0123456789ABCDEF"[byte / 16],
                       "0123456789ABCDEF"[byte % 16]);
        assert_true(uri_encode(str_bytes(&text, 1), STR(""), &out));
        assert_same_text(buf_str(&out), buf_str(&expected));
    }
    BUF_AUTO struct buf kept = BUF(10);
    assert_true(uri_encode(STR("/a:"), STR("/"), &kept));
    assert_same_text(buf_str(&kept), STR("/a%3A"));
    BUF_AUTO struct buf small = BUF(2);
    assert_false(uri_encode(STR(":"), STR(""), &small));
}

/* --- bounds --- */

static void as_many_headers_as_the_limit_are_signed(void **state)
{
    (void)state;
    struct sigv4_header headers[SIGV4_MOST_HEADERS + 1];
    BUF_AUTO struct buf out = BUF(64 * 1024);
    struct sigv4_request request = {.method = STR("GET"), .path = STR("/"), .headers = headers};
    for (size_t i = 0; i <= SIGV4_MOST_HEADERS; i++)
        headers[i] = (struct sigv4_header){STR("a"), STR("b")};
    request.header_count = SIGV4_MOST_HEADERS;
    assert_true(sigv4_canonical_request(&request, &out));
    request.header_count = SIGV4_MOST_HEADERS + 1;
    assert_false(sigv4_canonical_request(&request, &out));
}

static void as_many_parameters_as_the_limit_are_sorted(void **state)
{
    (void)state;
    BUF_AUTO struct buf query = BUF(4096);
    BUF_AUTO struct buf out = BUF(64 * 1024);
    for (unsigned i = 0; i < SIGV4_MOST_PARAMETERS; i++)
        buf_format(&query, "p%u=%u&", i, i);
    assert_true(canonical_append_query(buf_str(&query), &out));
    buf_append_text(&query, "last=1");
    assert_false(canonical_append_query(buf_str(&query), &out));
}

static void a_query_that_is_too_long_is_refused_and_not_cut(void **state)
{
    (void)state;
    static const char *const beginnings[] = {"", "a="};
    for (size_t i = 0; i < 2; i++) {
        BUF_AUTO struct buf query = BUF(40000);
        BUF_AUTO struct buf out = BUF(128 * 1024);
        buf_append_text(&query, beginnings[i]);
        while (query.length < 30000)
            buf_append_byte(&query, 'x');
        assert_false(canonical_append_query(buf_str(&query), &out));
    }
}

static void what_does_not_fit_the_buffer_is_no_signature(void **state)
{
    (void)state;
    const struct sigv4_header headers[] = {{STR("Host"), STR("a")},
                                           {STR("Host"), STR("b")},
                                           {STR("X-Amz-Date"), STR("20150830T123600Z")}};
    const struct sigv4_request request = {.method = STR("GET"),
                                          .path = STR("/x"),
                                          .query = STR("a=1&b="),
                                          .headers = headers,
                                          .header_count = 3};
    const struct sigv4_scope scope = {STR("id"), SECRET, STR("region"), STR("service"), 0, NULL};
    BUF_AUTO struct buf whole = BUF(4096);
    assert_true(sigv4_authorization(&request, &scope, &whole));
    for (size_t limit = 0; limit < whole.length; limit++) {
        BUF_AUTO struct buf small = BUF(limit);
        assert_false(sigv4_authorization(&request, &scope, &small));
    }
    BUF_AUTO struct buf canonical = BUF(4096);
    assert_true(sigv4_canonical_request(&request, &canonical));
    for (size_t limit = 0; limit < canonical.length; limit++) {
        BUF_AUTO struct buf small = BUF(limit);
        assert_false(sigv4_canonical_request(&request, &small));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_documentation_is_signed),
        cmocka_unit_test(assume_role_is_signed),
        cmocka_unit_test(export_certificate_is_signed_with_the_session_token),
        cmocka_unit_test(a_path_is_encoded_once_and_normalised_if_asked_for),
        cmocka_unit_test(a_query_is_encoded_once_and_sorted),
        cmocka_unit_test(headers_are_sorted_trimmed_folded_and_joined),
        cmocka_unit_test(the_body_is_signed_by_its_hash),
        cmocka_unit_test(every_byte_that_is_not_unreserved_is_encoded),
        cmocka_unit_test(as_many_headers_as_the_limit_are_signed),
        cmocka_unit_test(as_many_parameters_as_the_limit_are_sorted),
        cmocka_unit_test(a_query_that_is_too_long_is_refused_and_not_cut),
        cmocka_unit_test(what_does_not_fit_the_buffer_is_no_signature),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}

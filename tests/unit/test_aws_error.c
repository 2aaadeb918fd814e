/* Error replies of AWS services: parsing and error kinds. */
#include "aws/aws_error.h"

#include "base/limits.h"
#include "support/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct aws_failure failure_of(unsigned status, const char *header, const char *body)
{
    struct aws_failure failure;
    aws_failure_read(status, str_from(header), str_from(body), &failure);
    return failure;
}

static void assert_failure(const char *header, const char *body, const char *code,
                           const char *message)
{
    struct aws_failure failure = failure_of(400, header, body);
    assert_int_equal(failure.status, 400);
    assert_string_equal(failure.code, code);
    assert_string_equal(failure.message, message);
}

/* --- the forms of a reply --- */

static void json_replies_name_the_code_in_type(void **state)
{
    (void)state;
    assert_failure("", "{\"__type\":\"ResourceNotFoundException\",\"message\":\"no such\"}",
                   "ResourceNotFoundException", "no such");
    assert_failure("", " \r\n{\"__type\":\"ResourceNotFoundException\",\"Message\":\"no such\"} ",
                   "ResourceNotFoundException", "no such");
    assert_failure("", "{\"__type\":\"x\",\"message\":\"first\",\"Message\":\"second\"}", "x",
                   "first");
    assert_failure("", "{\"__type\":\"AccessDeniedException\"}", "AccessDeniedException", "");
}

static void a_code_is_cut_out_of_its_name_space_and_address(void **state)
{
    (void)state;
    assert_failure("", "{\"__type\":\"com.amazonaws.acm#ThrottlingException\"}",
                   "ThrottlingException", "");
    assert_failure("", "{\"__type\":\"ThrottlingException:http://internal/#x\"}",
                   "ThrottlingException", "");
    assert_failure("", "{\"__type\":\"a.b#ThrottlingException:http://internal/\"}",
                   "ThrottlingException", "");
    assert_failure("a.b#ThrottlingException:http://internal/", "", "ThrottlingException", "");
    assert_failure("", "<Error><Code>a#B:c</Code></Error>", "B", "");
}

static void the_query_protocol_answers_json_or_xml(void **state)
{
    (void)state;
    assert_failure(
        "", "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"not you\"},\"RequestId\":\"1\"}",
        "AccessDenied", "not you");
    assert_failure(
        "",
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"https://sts.amazonaws.com/\"><Error>"
        "<Type>Sender</Type><Code>AccessDenied</Code><Message>not &lt;you&gt; &amp; not "
        "me</Message></Error><RequestId>1</RequestId></ErrorResponse>",
        "AccessDenied", "not <you> & not me");
    assert_failure("",
                   "<Response><Errors><Error><Code>AuthFailure</Code></Error></Errors></Response>",
                   "AuthFailure", "");
}

static void the_header_names_the_code_when_the_body_does_not(void **state)
{
    (void)state;
    assert_failure("ThrottlingException", "", "ThrottlingException", "");
    assert_failure("ThrottlingException", "{\"message\":\"slowly\"}", "ThrottlingException",
                   "slowly");
    assert_failure("FromHeader", "{\"__type\":\"FromBody\"}", "FromBody", "");
}

static void what_is_no_reply_of_a_service_has_no_code(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         " ",
                                         "Bad Gateway",
                                         "{",
                                         "[]",
                                         "{}",
                                         "<html><body>502</body></html>",
                                         "<Code>",
                                         "{\"__type\":5,\"message\":[]}",
                                         "{\"Error\":\"x\",\"__type\":\"y\"}",
                                         "<Code><b/></Code>"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_failure("", bodies[i], "", "");
}

static void texts_are_bounded_and_printable(void **state)
{
    (void)state;
    BUF_AUTO struct buf body = BUF(4096);
    buf_append_text(&body, "{\"__type\":\"");
    for (unsigned i = 0; i < 200; i++)
        buf_append_byte(&body, 'C');
    buf_append_text(&body, "\",\"message\":\"a\\r\\nb\\u001b[2J\\u009b");
    for (unsigned i = 0; i < 1000; i++)
        buf_append_byte(&body, 'm');
    buf_append_text(&body, "\"}");
    struct aws_failure failure = failure_of(400, "", buf_text(&body));
    assert_int_equal(strlen(failure.code), sizeof failure.code - 1);
    assert_int_equal(strlen(failure.message), LIMIT_SERVER_TEXT);
    assert_true(str_starts_with(str_from(failure.message), STR("a??b?[2J??mmm")));
    failure = failure_of(400, "x\ny\x1b", "");
    assert_string_equal(failure.code, "x?y?");
}

static void a_character_cut_in_the_middle_is_replaced(void **state)
{
    (void)state;
    BUF_AUTO struct buf body = BUF(4096);
    buf_append_text(&body, "{\"message\":\"");
    for (unsigned i = 0; i < LIMIT_SERVER_TEXT - 1; i++)
        buf_append_byte(&body, 'm');
    buf_append_text(&body, "\xc3\xa9\"}");
    struct aws_failure failure = failure_of(400, "", buf_text(&body));
    assert_int_equal(strlen(failure.message), LIMIT_SERVER_TEXT);
    assert_true(str_ends_with(str_from(failure.message), STR("m?")));
}

/* --- what it means --- */

static enum error_kind kind_of(unsigned status, const char *code)
{
    struct aws_failure failure = failure_of(status, code, "");
    return aws_failure_kind(&failure);
}

static void the_code_decides_about_the_kind(void **state)
{
    (void)state;
    static const struct {
        enum error_kind kind;
        const char *codes[9];
    } cases[] = {
        {ERROR_THROTTLED,
         {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
          "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}},
        {ERROR_TRANSIENT,
         {"RequestInProgressException", "InternalFailure", "InternalServerError",
          "ServiceUnavailable", "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}},
        {ERROR_DENIED,
         {"AccessDenied", "AccessDeniedException", "ExpiredToken", "InvalidClientTokenId",
          "SignatureDoesNotMatch", "InvalidSignatureException", "UnrecognizedClientException",
          "AuthFailure", "ExpiredTokenException"}},
        {ERROR_PERMANENT,
         {"ResourceNotFoundException", "InvalidArnException", "ValidationException",
          "ValidationError"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t c = 0; c < 9 && cases[i].codes[c] != NULL; c++)
            for (unsigned status = 400; status <= 500; status += 100)
                if (kind_of(status, cases[i].codes[c]) != cases[i].kind)
                    fail_msg("%s with status %u", cases[i].codes[c], status);
}

static void without_a_known_code_the_status_decides(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        enum error_kind kind;
    } cases[] = {{301, ERROR_PERMANENT}, {400, ERROR_PERMANENT}, {401, ERROR_DENIED},
                 {403, ERROR_DENIED},    {404, ERROR_PERMANENT}, {407, ERROR_PERMANENT},
                 {408, ERROR_TRANSIENT}, {429, ERROR_THROTTLED}, {499, ERROR_PERMANENT},
                 {500, ERROR_TRANSIENT}, {502, ERROR_TRANSIENT}, {503, ERROR_TRANSIENT},
                 {599, ERROR_TRANSIENT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(kind_of(cases[i].status, ""), cases[i].kind);
        assert_int_equal(kind_of(cases[i].status, "NeverHeardOfIt"), cases[i].kind);
        assert_int_equal(kind_of(cases[i].status, "accessdenied"), cases[i].kind);
    }
}

static void a_certificate_that_is_not_ready_yet_is_tried_again(void **state)
{
    (void)state;
    struct error error;
    struct aws_failure failure =
        failure_of(400, "",
                   "{\"__type\":\"ValidationException\",\"message\":\"Certificate x must have at "
                   "least one relation of type EXPORT\"}");
    assert_int_equal(aws_failure_kind(&failure), ERROR_TRANSIENT);
    assert_false(aws_failure_to_error(&failure, &error));
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.advice, "not ready"));
}

static void some_codes_may_come_from_a_wrong_clock(void **state)
{
    (void)state;
    static const char *const skewed[] = {
        "RequestTimeTooSkewed",  "RequestExpired", "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",    "RequestInTheFuture"};
    static const char *const others[] = {"", "AccessDenied", "ExpiredToken", "Throttling",
                                         "SignatureDoesNotMatchX"};
    for (size_t i = 0; i < sizeof skewed / sizeof skewed[0]; i++) {
        struct aws_failure failure = failure_of(403, skewed[i], "");
        assert_true(aws_failure_may_be_clock_skew(&failure));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct aws_failure failure = failure_of(403, others[i], "");
        assert_false(aws_failure_may_be_clock_skew(&failure));
    }
}

static void assert_error(const char *code, const char *body, unsigned status, const char *message)
{
    struct error error = {0};
    struct aws_failure failure = failure_of(status, code, body);
    assert_false(aws_failure_to_error(&failure, &error));
    assert_int_equal(error.kind, aws_failure_kind(&failure));
    assert_string_equal(error.message, message);
    assert_int_not_equal(error.advice[0], '\0');
}

static void the_error_holds_the_services_words_and_what_to_do(void **state)
{
    (void)state;
    assert_error("", "{\"__type\":\"AccessDenied\",\"message\":\"not you\"}", 403,
                 "AccessDenied: not you (HTTP 403)");
    assert_error("Throttling", "", 400, "Throttling (HTTP 400)");
    assert_error("", "<html>", 502, "the server answered with an error (HTTP 502)");
    assert_error("", "{\"message\":\"%s%n\"}", 404,
                 "the server answered with an error: %s%n (HTTP 404)");
    assert_error("NeverHeardOfIt", "", 418, "NeverHeardOfIt (HTTP 418)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_replies_name_the_code_in_type),
        cmocka_unit_test(a_code_is_cut_out_of_its_name_space_and_address),
        cmocka_unit_test(the_query_protocol_answers_json_or_xml),
        cmocka_unit_test(the_header_names_the_code_when_the_body_does_not),
        cmocka_unit_test(what_is_no_reply_of_a_service_has_no_code),
        cmocka_unit_test(texts_are_bounded_and_printable),
        cmocka_unit_test(a_character_cut_in_the_middle_is_replaced),
        cmocka_unit_test(the_code_decides_about_the_kind),
        cmocka_unit_test(without_a_known_code_the_status_decides),
        cmocka_unit_test(a_certificate_that_is_not_ready_yet_is_tried_again),
        cmocka_unit_test(some_codes_may_come_from_a_wrong_clock),
        cmocka_unit_test(the_error_holds_the_services_words_and_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Parsing of replies: which are accepted, and which are rejected. */
#include "base/format.h"
#include "support/http_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* --- bodies ----------------------------------------------------------------------------------- */

static void takes_a_body_by_its_length(void **state)
{
    (void)state;
    http_takes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", true);
    http_takes("HTTP/1.1 200 OK\r\ncontent-length:\t5 \r\n\r\nhello", "hello", true);
    http_takes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true);
    http_takes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello",
               true);
    http_takes("HTTP/1.1 200 OK\r\nContent-Length: 0000000000000000000000005\r\n\r\nhello", "hello",
               true);
}

static void takes_chunks(void **state)
{
    (void)state;
    http_takes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
               "hello", true);
    http_takes("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
               "2\r\nhe\r\n0003;a=b;c=\"d\"\r\nllo\r\n00\r\n\r\n",
               "hello", true);
    http_takes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "A \t;x\r\n0123456789\r\na\r\nabcdefghij\r\n0;last\r\nTrailer: dropped\r\n\r\n",
               "0123456789abcdefghij", true);
}

static void takes_a_body_to_the_end_of_the_stream(void **state)
{
    (void)state;
    http_takes("HTTP/1.1 200 OK\r\n\r\nhello", "hello", false);
    http_takes("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello", "hello", false);
    http_takes("HTTP/1.1 200 OK\r\n\r\n", "", false);
}

static void takes_no_body_where_there_is_none(void **state)
{
    (void)state;
    struct outcome outcome;
    http_takes("HTTP/1.1 204 No Content\r\n\r\n", "", true);
    http_takes("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", true);
    http_read_all(STR("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), 1, "HEAD", &outcome);
    http_expect_body(&outcome, "");
    assert_true(outcome.reusable);
    http_response_free(&outcome.response);
}

static void skips_informational_replies(void **state)
{
    (void)state;
    http_takes(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\nContent-Length: "
        "9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "ok", true);
    http_refuses("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "another protocol");
}

static void keeps_the_connection_only_when_the_server_does(void **state)
{
    (void)state;
    http_takes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", "ok", false);
    http_takes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, Close\r\n\r\nok", "ok",
               false);
    http_takes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\nConnection: "
               "keep-alive\r\n\r\nok",
               "ok", false);
    http_takes("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false);
    http_takes("HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok", "ok",
               true);
}

static void does_not_keep_a_connection_that_says_more_than_asked(void **state)
{
    (void)state;
    struct outcome outcome;
    http_read_all(STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1"), 1000, "POST",
                  &outcome);
    http_expect_body(&outcome, "ok");
    assert_false(outcome.reusable);
    http_response_free(&outcome.response);
}

/* --- heads ------------------------------------------------------------------------------------ */

static void finds_headers_in_any_case(void **state)
{
    (void)state;
    struct outcome outcome;
    struct str value;
    http_read_all(STR("HTTP/1.1 403 \r\nX-Amzn-ErrorType:  A b\t\r\nEmpty:\r\nTwice: 1\r\n"
                      "twice: 2\r\nContent-Length: 0\r\n\r\n"),
                  1000, "POST", &outcome);
    http_expect_body(&outcome, "");
    assert_int_equal(outcome.response.status, 403);
    assert_int_equal(outcome.response.header_count, 5);
    assert_true(http_header_find(&outcome.response, STR("x-amzn-errortype"), &value));
    assert_true(str_equal(value, STR("A b")));
    assert_true(http_header_find(&outcome.response, STR("EMPTY"), &value));
    assert_int_equal(value.length, 0);
    assert_true(http_header_find(&outcome.response, STR("Twice"), &value));
    assert_true(str_equal(value, STR("1")));
    assert_false(http_header_find(&outcome.response, STR("Absent"), &value));
    http_response_free(&outcome.response);
}

static void takes_status_lines_with_and_without_a_reason(void **state)
{
    (void)state;
    http_takes("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "", true);
    http_takes("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "", true);
    http_takes("HTTP/1.1 599 W\xc3\xb6rds: here\r\nContent-Length: 0\r\n\r\n", "", true);
}

static void refuses_what_is_no_status_line(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        " HTTP/1.1 200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/2 200 OK",
        "HTTP/0.9 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 200OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 600 OK",
        "HTTP/1.1 +20 OK",
        "HTTP/1.1",
        "ICY 200 OK",
        "<html>",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct buf text BUF_AUTO = BUF(1024);
        buf_format(&text, "%s\r\nContent-Length: 0\r\n\r\n", lines[i]);
        http_refuses(buf_text(&text), "not valid HTTP");
    }
}

static void refuses_unsound_headers(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "no colon",      ": no name",      "Space : before colon", "Sp ace: within",
        "Fold: a\r\n b", "Fold: a\r\n\tb", " Leading: space",      "N\xc3\xa4me: x",
        "Bare: a\rb",    "Bare: a\nb",     "Bare: a\r\rb",         "Bell: a\ab",
        "Delete: a\x7f",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct buf text BUF_AUTO = BUF(1024);
        buf_format(&text, "HTTP/1.1 200 OK\r\n%s\r\nContent-Length: 0\r\n\r\n", headers[i]);
        http_refuses(buf_text(&text), "not valid HTTP");
    }
    http_refuses_bytes(STR("HTTP/1.1 200 OK\r\nNul: a\0b\r\n\r\n"), ERROR_TRANSIENT, "control");
    http_refuses("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "CR LF");
}

static void refuses_framing_that_two_readers_would_take_differently(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: -1",
        "Content-Length: +5",
        "Content-Length: 5 5",
        "Content-Length: 0x5",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding:",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct buf text BUF_AUTO = BUF(1024);
        buf_format(&text, "HTTP/1.1 200 OK\r\n%s\r\n\r\n5\r\nhello\r\n0\r\n\r\n", headers[i]);
        http_refuses(buf_text(&text), "not valid HTTP");
    }
    http_refuses("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 "not valid HTTP");
}

static void refuses_unsound_chunks(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "\r\nhello\r\n0\r\n\r\n",
        "g\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nTrailer: x\n\r\n",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct buf text BUF_AUTO = BUF(1024);
        buf_format(&text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s", bodies[i]);
        http_refuses(buf_text(&text), "not valid HTTP");
    }
}

/* Every proper prefix of a reply with a known length is a reply that was cut short. */
static void refuses_a_reply_that_is_cut_anywhere(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: x\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct str whole = str_from(replies[i]);
        http_refuses_bytes(STR(""), ERROR_TRANSIENT, "without a reply");
        for (size_t length = 1; length < whole.length; length++)
            http_refuses_bytes(str_take(whole, length), ERROR_TRANSIENT,
                               "in the middle of its reply");
    }
}

static void passes_on_the_streams_own_error(void **state)
{
    (void)state;
    struct str text = STR("HTTP/1.1 200 OK\r\n\r\nto the end?");
    struct stream stream = {.rest = text, .step = 100, .breaks = true};
    const struct http_reader reader = {http_stream_read, &stream};
    struct outcome outcome = {0};
    assert_false(http_read_response(&reader, STR("GET"), BODY_LIMIT, &outcome.response,
                                    &outcome.reusable, &outcome.any_byte, &outcome.error));
    assert_string_equal(outcome.error.message, "the stream broke");
    http_response_free(&outcome.response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_body_by_its_length),
        cmocka_unit_test(takes_chunks),
        cmocka_unit_test(takes_a_body_to_the_end_of_the_stream),
        cmocka_unit_test(takes_no_body_where_there_is_none),
        cmocka_unit_test(skips_informational_replies),
        cmocka_unit_test(keeps_the_connection_only_when_the_server_does),
        cmocka_unit_test(does_not_keep_a_connection_that_says_more_than_asked),
        cmocka_unit_test(finds_headers_in_any_case),
        cmocka_unit_test(takes_status_lines_with_and_without_a_reason),
        cmocka_unit_test(refuses_what_is_no_status_line),
        cmocka_unit_test(refuses_unsound_headers),
        cmocka_unit_test(refuses_framing_that_two_readers_would_take_differently),
        cmocka_unit_test(refuses_unsound_chunks),
        cmocka_unit_test(refuses_a_reply_that_is_cut_anywhere),
        cmocka_unit_test(passes_on_the_streams_own_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

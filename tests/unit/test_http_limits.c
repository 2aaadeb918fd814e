/* The exact limits of an HTTP reply. */
#include "base/format.h"
#include "support/http_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ROOMY = 256 * 1024 };

/* --- limits ----------------------------------------------------------------------------------- */

static void append_run(struct buf *text, size_t count)
{
    while (count-- > 0)
        buf_append_byte(text, 'x');
}

static void expect_limit(struct buf *text, bool within, size_t body)
{
    struct outcome outcome;
    if (!within) {
        http_refuses_bytes(buf_str(text), ERROR_PERMANENT, "");
        return;
    }
    http_read_all(buf_str(text), 100000, "POST", &outcome);
    if (!outcome.taken)
        fail_msg("%s", outcome.error.message);
    assert_int_equal(outcome.response.body.length, body);
    http_response_free(&outcome.response);
}

static void takes_a_body_up_to_its_limit_exactly(void **state)
{
    (void)state;
    for (size_t size = BODY_LIMIT - 1; size <= BODY_LIMIT + 1; size++) {
        struct buf text BUF_AUTO = BUF(ROOMY);
        buf_format(&text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
        append_run(&text, size);
        expect_limit(&text, size <= BODY_LIMIT, size);

        buf_clear(&text);
        buf_format(&text, "HTTP/1.1 200 OK\r\n\r\n");
        append_run(&text, size);
        expect_limit(&text, size <= BODY_LIMIT, size);

        buf_clear(&text);
        buf_format(&text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n%x\r\n",
                   (unsigned)size - 1);
        append_run(&text, size - 1);
        buf_append_text(&text, "\r\n0\r\n\r\n");
        expect_limit(&text, size <= BODY_LIMIT, size);
    }
}

static void takes_a_header_block_up_to_its_limit_exactly(void **state)
{
    (void)state;
    static const char start[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nLong: ";
    const size_t rest = sizeof start - 1 + strlen("\r\n\r\n");
    for (size_t size = LIMIT_HTTP_HEADER_BLOCK; size <= LIMIT_HTTP_HEADER_BLOCK + 1; size++) {
        struct buf text BUF_AUTO = BUF(ROOMY);
        buf_append_text(&text, start);
        append_run(&text, size - rest);
        buf_append_text(&text, "\r\n\r\n");
        assert_int_equal(text.length, size);
        expect_limit(&text, size <= LIMIT_HTTP_HEADER_BLOCK, 0);
    }
    struct buf endless BUF_AUTO = BUF(ROOMY);
    append_run(&endless, (size_t)2 * LIMIT_HTTP_HEADER_BLOCK);
    expect_limit(&endless, false, 0);
}

static void takes_headers_up_to_their_limit_exactly(void **state)
{
    (void)state;
    for (int count = LIMIT_HTTP_HEADERS; count <= LIMIT_HTTP_HEADERS + 1; count++) {
        struct buf text BUF_AUTO = BUF(ROOMY);
        buf_append_text(&text, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
        for (int i = 1; i < count; i++)
            buf_append_text(&text, "A: b\r\n");
        buf_append_text(&text, "\r\n");
        expect_limit(&text, count <= LIMIT_HTTP_HEADERS, 0);
    }
}

static void bounds_chunk_extensions_and_trailers(void **state)
{
    (void)state;
    static const char start[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int over = 0; over <= 1; over++) {
        struct buf text BUF_AUTO = BUF(ROOMY);
        buf_append_text(&text, start);
        for (int i = 0; i < 32 + over; i++) { /* 32 × 1,000 bytes fit, 33 do not */
            buf_append_text(&text, "1;");
            append_run(&text, 999);
            buf_append_text(&text, "\r\nx\r\n");
        }
        buf_append_text(&text, "0\r\n\r\n");
        expect_limit(&text, over == 0, 32);

        buf_clear(&text); /* one line: 1,024 bytes with its end */
        buf_append_text(&text, start);
        buf_append_text(&text, "0;");
        append_run(&text, 1020 + (size_t)over);
        buf_append_text(&text, "\r\n\r\n");
        expect_limit(&text, over == 0, 0);

        buf_clear(&text);
        buf_append_text(&text, start);
        buf_append_text(&text, "0\r\nT: ");
        append_run(&text, LIMIT_HTTP_HEADER_BLOCK - 7 + (size_t)over);
        buf_append_text(&text, "\r\n\r\n");
        expect_limit(&text, over == 0, 0);
    }
}

static void does_not_take_a_length_at_its_word(void **state)
{
    (void)state;
    struct outcome outcome;
    http_read_all(STR("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), 1000, "POST", &outcome);
    assert_false(outcome.taken);
    assert_int_equal(outcome.error.kind, ERROR_PERMANENT);
    http_response_free(&outcome.response);
    http_read_all(STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n"),
                  1000, "POST", &outcome);
    assert_false(outcome.taken);
    assert_int_equal(outcome.error.kind, ERROR_PERMANENT);
    http_response_free(&outcome.response);
}

static void bounds_informational_replies(void **state)
{
    (void)state;
    struct buf text BUF_AUTO = BUF(ROOMY);
    for (int i = 0; i < LIMIT_HTTP_INFORMATIONAL; i++)
        buf_append_text(&text, "HTTP/1.1 100 Continue\r\n\r\n");
    struct str most = buf_str(&text);
    buf_append_text(&text, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    http_takes(buf_text(&text), "ok", true);
    text.length = most.length;
    buf_append_text(&text, "HTTP/1.1 100 Continue\r\n\r\n");
    buf_append_text(&text, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    http_refuses(buf_text(&text), "too many informational");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_informational_replies),
        cmocka_unit_test(takes_a_body_up_to_its_limit_exactly),
        cmocka_unit_test(takes_a_header_block_up_to_its_limit_exactly),
        cmocka_unit_test(takes_headers_up_to_their_limit_exactly),
        cmocka_unit_test(bounds_chunk_extensions_and_trailers),
        cmocka_unit_test(does_not_take_a_length_at_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

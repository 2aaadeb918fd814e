#include "http_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

ssize_t http_stream_read(void *context, void *out, size_t size, struct error *error)
{
    struct stream *stream = context;
    struct str part = str_take(str_take(stream->rest, stream->step), size);
    if (part.length == 0 && stream->breaks) {
        error_set(error, ERROR_TRANSIENT, "the stream broke");
        return -1;
    }
    if (part.length > 0)
        memcpy(out, part.data, part.length);
    stream->rest = str_skip(stream->rest, part.length);
    return (ssize_t)part.length;
}

void http_read_all(struct str text, size_t step, const char *method, struct outcome *outcome)
{
    struct stream stream = {.rest = text, .step = step};
    const struct http_reader reader = {http_stream_read, &stream};
    *outcome = (struct outcome){0};
    outcome->taken = http_read_response(&reader, str_from(method), BODY_LIMIT, &outcome->response,
                                        &outcome->reusable, &outcome->any_byte, &outcome->error);
    assert_int_equal(outcome->any_byte, text.length > 0);
}

void http_expect_body(const struct outcome *outcome, const char *body)
{
    if (!outcome->taken)
        fail_msg("%s", outcome->error.message);
    if (!str_equal(buf_str(&outcome->response.body), str_from(body)))
        fail_msg("the body is %.*s", (int)outcome->response.body.length,
                 outcome->response.body.data);
}

void http_takes(const char *text, const char *body, bool reusable)
{
    static const size_t steps[] = {1, 3, 100000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct outcome outcome;
        http_read_all(str_from(text), steps[i], "POST", &outcome);
        http_expect_body(&outcome, body);
        assert_int_equal(outcome.reusable, reusable);
        assert_true(outcome.response.received_at > 0);
        http_response_free(&outcome.response);
    }
}

void http_refuses_bytes(struct str text, enum error_kind kind, const char *words)
{
    static const size_t steps[] = {1, 100000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct outcome outcome;
        http_read_all(text, steps[i], "POST", &outcome);
        if (outcome.taken)
            fail_msg("%.*s was taken", (int)text.length, text.data);
        assert_false(outcome.reusable);
        if (outcome.error.kind != kind || strstr(outcome.error.message, words) == NULL)
            fail_msg("%s: %s", error_kind_name(outcome.error.kind), outcome.error.message);
        assert_int_not_equal(outcome.error.advice[0], '\0');
        http_response_free(&outcome.response);
    }
}

void http_refuses(const char *text, const char *words)
{
    http_refuses_bytes(str_from(text), ERROR_TRANSIENT, words);
}

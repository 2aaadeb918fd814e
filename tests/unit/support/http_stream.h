/* Replies from memory, for tests of the HTTP parser. */
#ifndef WCP_TESTS_HTTP_STREAM_H
#define WCP_TESTS_HTTP_STREAM_H

#include "net/http.h"

enum { BODY_LIMIT = 1000 };

/* A stream that delivers at most `step` bytes at a time, and ends with its text or in an error. */
struct stream {
    struct str rest;
    size_t step;
    bool breaks;
};

ssize_t http_stream_read(void *context, void *out, size_t size, struct error *error);

struct outcome {
    bool taken;
    bool reusable;
    bool any_byte;
    struct http_response response;
    struct error error;
};

/* Reads one reply to a request of that method from `text`, at most `step` bytes at a time. */
void http_read_all(struct str text, size_t step, const char *method, struct outcome *outcome);
void http_expect_body(const struct outcome *outcome, const char *body);

/* The reply must be accepted, or rejected with this kind and message, both when it is read at once
 * and byte by byte. */
void http_takes(const char *text, const char *body, bool reusable);
void http_refuses(const char *text, const char *words);
void http_refuses_bytes(struct str text, enum error_kind kind, const char *words);

#endif

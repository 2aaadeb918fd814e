/* The end of an HTTP reply over TLS. */
#include "net/http.h"
#include "support/tls_client.h"
#include "support/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { REPLY_LIMIT = 1000 };

struct result {
    bool done;
    struct http_response response;
    struct error error;
};

static void get(const char *behaviour, struct result *result)
{
    struct url url = {.tls = true, .host = "server.test", .path = "/"};
    struct addresses addresses;
    const struct proxy none = {0};
    const struct http_request request = {.method = STR("GET"), .target = STR("/")};
    *result = (struct result){0};
    url.port = tls_peer_serve("ec", "any", behaviour);
    assert_true(resolve("127.0.0.1", NAME_OF_SITE, &addresses, &result->error));
    struct tls_context *context = tls_client_trust(tls_client_bundle());
    const struct http_route route = {&url, &addresses, &none, context};
    struct http_connection *connection = http_connection_new(&route);
    result->done = http_exchange(connection, &request, REPLY_LIMIT, deadline_in(PLENTY_MS),
                                 &result->response, &result->error);
    http_connection_free(connection);
    tls_context_free(context);
}

static void expect_body(const char *behaviour, const char *body)
{
    struct result result;
    get(behaviour, &result);
    if (!result.done)
        fail_msg("%s", result.error.message);
    assert_true(str_equal(buf_str(&result.response.body), str_from(body)));
    http_response_free(&result.response);
}

static void takes_a_body_of_known_length_although_the_stream_is_cut(void **state)
{
    (void)state;
    expect_body("http-length", "body");
}

static void takes_a_body_that_an_announced_end_delimits(void **state)
{
    (void)state;
    expect_body("http-ended", "the whole body");
}

static void refuses_a_body_that_only_a_cut_delimits(void **state)
{
    (void)state;
    struct result result;
    get("http-unended", &result);
    assert_false(result.done);
    assert_int_equal(result.error.kind, ERROR_TRANSIENT);
    assert_non_null(
        strstr(result.error.message, "server.test: the server closed the connection before"));
    http_response_free(&result.response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_body_of_known_length_although_the_stream_is_cut),
        cmocka_unit_test(takes_a_body_that_an_announced_end_delimits),
        cmocka_unit_test(refuses_a_body_that_only_a_cut_delimits),
    };
    return cmocka_run_group_tests(tests, tls_client_start, tls_client_stop);
}

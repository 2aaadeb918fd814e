#include "http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void http_client_start(struct client *client, void (*script)(int listener))
{
    *client = (struct client){.url = {.host = "127.0.0.1", .path = "/"}};
    tcp_peer_start(&client->peer, script);
    client->url.port = client->peer.port;
    assert_true(resolve("127.0.0.1", NAME_OF_SITE, &client->addresses, &client->error));
    const struct http_route route = {&client->url, &client->addresses, &client->proxy, NULL};
    client->connection = http_connection_new(&route);
    assert_non_null(client->connection);
}

void http_client_finish(struct client *client)
{
    http_connection_free(client->connection);
    tcp_peer_finish(&client->peer);
}

bool http_client_try(struct client *client, const struct http_request *request, int64_t limit_ms,
                     struct http_response *response)
{
    *response = (struct http_response){0};
    return http_exchange(client->connection, request, CLIENT_BODY_LIMIT, deadline_in(limit_ms),
                         response, &client->error);
}

const struct http_request http_client_post = {
    .method = {"POST", 4}, .target = {"/", 1}, .body = {"hello", 5}};

void http_client_expect(struct client *client, unsigned status, const char *body)
{
    struct http_response response;
    if (!http_client_try(client, &http_client_post, PLENTY_MS, &response))
        fail_msg("%s", client->error.message);
    assert_int_equal(response.status, status);
    assert_true(str_equal(buf_str(&response.body), str_from(body)));
    http_response_free(&response);
}

void http_client_fail(struct client *client, int64_t limit_ms, enum error_kind kind,
                      const char *words)
{
    struct http_response response;
    assert_false(http_client_try(client, &http_client_post, limit_ms, &response));
    if (client->error.kind != kind || strstr(client->error.message, words) == NULL)
        fail_msg("%s: %s", error_kind_name(client->error.kind), client->error.message);
    assert_int_not_equal(client->error.advice[0], '\0');
    http_response_free(&response);
}

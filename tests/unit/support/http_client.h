/* An HTTP client whose server is a script of tcp_peer.h. */
#ifndef WCP_TESTS_HTTP_CLIENT_H
#define WCP_TESTS_HTTP_CLIENT_H

#include "net/http.h"
#include "tcp_peer.h"

enum { PLENTY_MS = 30 * 1000, SOON_MS = 300, CLIENT_BODY_LIMIT = 1000 };

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* A client whose server is a script. */
struct client {
    struct tcp_peer peer;
    struct url url;
    struct addresses addresses;
    struct proxy proxy;
    struct http_connection *connection;
    struct error error;
};

void http_client_start(struct client *client, void (*script)(int listener));
void http_client_finish(struct client *client);

bool http_client_try(struct client *client, const struct http_request *request, int64_t limit_ms,
                     struct http_response *response);

/* Sends POST / with the body "hello". The exchange must have this reply, or this failure. */
extern const struct http_request http_client_post;
void http_client_expect(struct client *client, unsigned status, const char *body);
void http_client_fail(struct client *client, int64_t limit_ms, enum error_kind kind,
                      const char *words);

#endif

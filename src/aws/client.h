/* Signed calls to one AWS endpoint over a kept connection, retried where that helps. */
#ifndef WCP_AWS_CLIENT_H
#define WCP_AWS_CLIENT_H

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "net/http.h"

/* What the calls of one batch share. */
struct aws_session {
    struct tls_context *tls;
    int64_t clock_skew;     /* seconds that AWS's clock is ahead of ours, once it was corrected */
    int64_t measured_skew;  /* the same, as the last reply had it, whether corrected or not */
    bool measured;          /* one had it */
    unsigned most_attempts; /* at least 1 */
};

/* AWS_MAX_ATTEMPTS, or 3; ERROR_CONFIGURATION when it is not a number from 1 to 100. */
bool aws_most_attempts(unsigned *attempts, struct error *error);

/* One service in one region. Everything it needs from files and resolvers is there before the first
 * call. */
struct aws_client {
    struct aws_session *session;
    enum service service;
    char region[64];
    struct url url;
    struct proxy proxy;
    struct addresses addresses; /* of the proxy when there is one, else of the endpoint */
    struct http_route route;
    struct http_connection *connection; /* NULL before the first call */
    struct error
        unreachable; /* kind ERROR_NONE, or why no connection was possible: not tried again */
};

/* Finds endpoint and proxy; resolves and connects nothing. `https_proxy`: edge.https_proxy or NULL.
 */
bool aws_client_prepare(struct aws_client *client, enum service service, struct str partition,
                        struct str region, const char *https_proxy, struct error *error);
/* The host whose addresses the client needs. */
const char *aws_client_host(const struct aws_client *client);
void aws_client_close(struct aws_client *client);

/* A POST to the endpoint's path. `target` is X-Amz-Target or empty, `accept` may be empty. */
struct aws_call {
    struct str content_type;
    struct str accept;
    struct str target;
    struct str body;
    size_t reply_limit; /* of the reply's body, bytes */
};

/* Calls, and calls again as the kinds of error say: transient and throttled ones with jittered
 * back-off, up to the session's attempts; once more, with the clock corrected, when the reply tells
 * that ours is off by more than four minutes. True: a 2xx reply is in `response`, which the caller
 * frees in either case. False: `error` has kind, the service's words and advice. */
bool aws_client_call(struct aws_client *client, const struct credentials *credentials,
                     const struct aws_call *call, struct http_response *response,
                     struct error *error);

#endif

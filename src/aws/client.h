/* Signed calls to one AWS endpoint over a persistent connection, with retries. */
#ifndef WCP_AWS_CLIENT_H
#define WCP_AWS_CLIENT_H

#include "aws/back_off.h"
#include "aws/credentials/credentials.h"
#include "aws/endpoint.h"
#include "net/http.h"
#include "pki/identity.h"

/* State that all calls of one batch share. */
struct aws_session {
    struct tls_context *tls;
    int64_t clock_skew;    /* seconds added to our clock for signatures; 0 until corrected */
    int64_t measured_skew; /* seconds that AWS's clock is ahead of ours, by the last reply */
    bool skew_is_measured; /* the last reply allowed a measurement */
    struct back_off back_off;
};

/* A client for one service in one region. The caller resolves `addresses` and sets `session` before
 * the first call, so that a call opens no file and needs no resolver. */
struct aws_client {
    struct aws_session *session;
    enum service service;
    char region[64];
    struct url url;
    struct proxy proxy;
    struct addresses addresses; /* of the proxy when there is one, else of the endpoint */
    struct http_route route;
    struct http_connection *connection; /* NULL before the first call */
    struct error given_up; /* ERROR_NONE, or why later calls fail at once: connecting failed, or
                            * AWS throttles and the schedule tries again */
};

/* Finds the endpoint and the proxy. It neither resolves names nor connects. `https_proxy` is
 * edge.https_proxy, or NULL. Errors are those of endpoint_resolve and proxy_choose. */
bool aws_client_prepare(struct aws_client *client, const struct aws_settings *settings,
                        enum service service, struct str partition, struct str region,
                        const char *https_proxy, struct error *error);
/* The host to resolve: the proxy's, or the endpoint's without a proxy. Borrowed from the client. */
const char *aws_client_host(const struct aws_client *client);
void aws_client_close(struct aws_client *client);

/* One exchange as http_exchange has it, by the client's connection, which is opened when there is
 * none. */
bool aws_client_exchange(struct aws_client *client, const struct http_request *request,
                         size_t reply_limit, struct deadline deadline,
                         struct http_response *response, struct error *error);

/* A POST to the endpoint's path. */
struct aws_call {
    struct str query; /* in the form of sigv4_request.query; may be empty */
    struct str content_type;
    struct str accept;               /* may be empty */
    struct str target;               /* X-Amz-Target, may be empty */
    const struct identity *identity; /* NULL; or it signs, in place of credentials */
    struct str body;
    size_t reply_limit; /* most bytes of the reply's body */
};

/* Sends the call, signed with `credentials`, or with the call's identity (`credentials` then may be
 * NULL), or with neither of them not signed, and repeats it as back_off.h says. When the reply
 * shows that our clock is off by more than four minutes, the clock is corrected and the call is
 * sent once more. True: `response` is a reply with a 2xx status. False: `error` has the kind, the
 * service's message and advice. The caller frees `response` in every case. */
bool aws_client_call(struct aws_client *client, const struct credentials *credentials,
                     const struct aws_call *call, struct http_response *response,
                     struct error *error);

#endif

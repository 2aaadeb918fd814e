/* Requests to metadata endpoints: those of EC2 and of containers, which are near and need no
 * signature. */
#ifndef WCP_AWS_CREDENTIALS_METADATA_H
#define WCP_AWS_CREDENTIALS_METADATA_H

#include "aws/client.h"

/* Prepares a client for `url`, as aws_client_prepare does. A proxy is only used for an https URL
 * with a host name: no address of a metadata service is behind one. */
bool metadata_prepare(struct aws_client *client, const struct url *url, const char *https_proxy,
                      struct error *error);

struct metadata_request {
    const char *method;
    const char *path;          /* below the path of the client's URL */
    struct http_header header; /* an empty value: none */
    int64_t limit_ms;          /* of each attempt */
};

/* Sends the request, up to three times when there is no reply, or one that says to try again.
 * Follows no redirect. True: `response` has any status but one of those. ERROR_TRANSIENT: no reply
 * after all attempts. The caller frees `response` in every case. */
bool metadata_ask(struct aws_client *client, const struct metadata_request *request,
                  struct http_response *response, struct error *error);

/* Sets the error of a reply without status 200: its code and message, and `advice` unless it is to
 * be tried again. Returns false. */
bool metadata_refuse(const struct http_response *response, const char *advice, struct error *error);

#endif

/* Error replies of AWS services: parsing, and the error kind that decides on a retry. */
#ifndef WCP_AWS_AWS_ERROR_H
#define WCP_AWS_AWS_ERROR_H

#include "base/buf.h"
#include "base/error.h"

/* An error reply. The texts are terminated, truncated to fit, and printable. */
struct aws_failure {
    unsigned status; /* HTTP status */
    char code[96];   /* "" when the reply has none */
    char message[320];
};

/* Parses an error reply. Three formats are known: JSON with "__type", "Code" or "code", and
 * "message" or "Message", as services and metadata endpoints write it; the query protocol's JSON,
 * {"Error":{"Code","Message"}}; the query protocol's XML. `type_header`
 * is the value of x-amzn-ErrorType, or empty; it supplies the code when the body has none. The code
 * stays empty when neither has one. */
void aws_failure_read(unsigned status, struct str type_header, struct str body,
                      struct aws_failure *failure);

/* The error kind of a failure: it decides when the call is tried again. */
enum error_kind aws_failure_kind(const struct aws_failure *failure);
/* True when a wrong clock on this machine can cause a failure with this code. */
bool aws_failure_may_be_clock_skew(const struct aws_failure *failure);
/* Sets `error` from the failure: its kind, the service's message (truncated), and advice for the
 * code. Always returns false. */
bool aws_failure_to_error(const struct aws_failure *failure, struct error *error);

#endif

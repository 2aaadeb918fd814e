/* What an AWS service answers when it refuses, and what that means for the next try. */
#ifndef WCP_AWS_AWS_ERROR_H
#define WCP_AWS_AWS_ERROR_H

#include "base/buf.h"
#include "base/error.h"

/* Code and message of an error reply, terminated, cut to fit and printable. */
struct aws_failure {
    unsigned status; /* HTTP */
    char code[96];   /* "" when the reply names none */
    char message[320];
};

/* Reads an error reply in any of the forms that services use: JSON with __type and message or
 * Message; the query protocol's JSON
 * {"Error":{"Code","Message"}}; its XML. `type_header` is x-amzn-ErrorType's value or empty. What
 * is none of these leaves the code empty. */
void aws_failure_read(unsigned status, struct str type_header, struct str body,
                      struct aws_failure *failure);

/* The kind that decides when it is tried again. */
enum error_kind aws_failure_kind(const struct aws_failure *failure);
/* True for the codes that a wrong clock can cause. */
bool aws_failure_may_be_clock_skew(const struct aws_failure *failure);
/* Sets `error` from the reply: the service's words, bounded, and advice by code. */
bool aws_failure_to_error(const struct aws_failure *failure, struct error *error);

#endif

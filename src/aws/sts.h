/* AWS Security Token Service: AssumeRole. */
#ifndef WCP_AWS_STS_H
#define WCP_AWS_STS_H

#include "aws/client.h"

/* STS AssumeRole (API version 2011-06-15) with the role session name
 * "certificate-manager-provider": the role's credentials go into `session`, whose source names the
 * role. Replies in JSON and XML are understood. Errors as aws_client_call; a reply without the four
 * values is ERROR_TRANSIENT. */
bool sts_assume_role(struct aws_client *sts, const struct credentials *credentials,
                     const char *role_arn, struct credentials *session, struct error *error);

/* Reads an AssumeRole reply; for the call above, tests and the fuzzer. */
bool sts_read_reply(struct str body, const char *role_arn, struct credentials *session,
                    struct error *error);

#endif

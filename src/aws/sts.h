/* AWS Security Token Service: the AssumeRole call. */
#ifndef WCP_AWS_STS_H
#define WCP_AWS_STS_H

#include "aws/client.h"

/* Assumes the role with STS AssumeRole (API version 2011-06-15) and the role session name
 * "certificate-manager-provider". The role's credentials are stored in `session`; its `source`
 * names the role. Replies in JSON and in XML are accepted. Errors are those of aws_client_call;
 * ERROR_TRANSIENT for a reply that lacks a value. The caller frees `session`. */
bool sts_assume_role(struct aws_client *sts, const struct credentials *credentials,
                     const char *role_arn, struct credentials *session, struct error *error);

/* Parses the body of an AssumeRole reply. Public for tests and the fuzzer. */
bool sts_read_reply(struct str body, const char *role_arn, struct credentials *session,
                    struct error *error);

#endif

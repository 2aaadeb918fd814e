/* AWS Security Token Service: the calls AssumeRole and AssumeRoleWithWebIdentity. */
#ifndef WCP_AWS_STS_H
#define WCP_AWS_STS_H

#include "aws/client.h"

/* The arguments of AssumeRole; with `web_identity`, those of AssumeRoleWithWebIdentity. */
struct role_request {
    const char *role_arn;
    const char *external_id;   /* NULL: none */
    const char *session_name;  /* NULL: "certificate-manager-provider" */
    uint32_t duration_seconds; /* 0: AWS's default, an hour */
    struct str web_identity;   /* a token, which stands for credentials; empty: none */
};

/* Assumes the role (API version 2011-06-15). `credentials` is NULL with a web identity, whose
 * request is not signed. The role's credentials are stored in `session`; its `source` names the
 * role. Replies in JSON and in XML are accepted. Errors are those of aws_client_call;
 * ERROR_TRANSIENT for a reply that lacks a value. The caller frees `session`. */
bool sts_assume_role(struct aws_client *sts, const struct credentials *credentials,
                     const struct role_request *request, struct credentials *session,
                     struct error *error);

/* Parses the body of the reply to `action`. Public for tests and the fuzzer. */
bool sts_read_reply(struct str body, const char *action, const char *role_arn,
                    struct credentials *session, struct error *error);

#endif

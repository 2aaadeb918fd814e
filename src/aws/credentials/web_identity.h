/* A token that an identity provider gives to this machine or container, exchanged for a role. */
#ifndef WCP_AWS_CREDENTIALS_WEB_IDENTITY_H
#define WCP_AWS_CREDENTIALS_WEB_IDENTITY_H

#include "aws/credentials/plan.h"
#include "aws/sts.h"

/* Assumes plan->web_identity with plan->token by STS AssumeRoleWithWebIdentity (API version
 * 2011-06-15). Errors are those of sts_assume_role. The caller frees `credentials`. */
bool web_identity_obtain(struct aws_client *sts, const struct credential_plan *plan,
                         struct credentials *credentials, struct error *error);

#endif

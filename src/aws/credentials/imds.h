/* Instance metadata of EC2 (IMDS): the credentials of the instance's role. */
#ifndef WCP_AWS_CREDENTIALS_IMDS_H
#define WCP_AWS_CREDENTIALS_IMDS_H

#include "aws/credentials/metadata.h"
#include "aws/credentials/plan.h"

/* Asks plan->url, by `client` of metadata_prepare, for a token (IMDSv2), the role, and its
 * credentials. Only with plan->imds_v1 are the last two asked without a token, when there is none.
 * Credentials that have expired are returned, too: AWS extends them while it cannot renew them.
 * False: ERROR_TRANSIENT without a reply or an instance profile; else the error of the reply. The
 * caller frees `credentials`. */
bool imds_obtain(struct aws_client *client, const struct credential_plan *plan,
                 struct credentials *credentials, struct error *error);

#endif

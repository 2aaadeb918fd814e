/* The endpoint that gives a container its credentials: of ECS, EKS Pod Identity, and others. */
#ifndef WCP_AWS_CREDENTIALS_CONTAINER_H
#define WCP_AWS_CREDENTIALS_CONTAINER_H

#include "aws/credentials/metadata.h"
#include "aws/credentials/plan.h"

/* Asks plan->url, by `client` of metadata_prepare, with plan->token as Authorization unless it is
 * empty. False: ERROR_TRANSIENT without a reply; else the error of the reply. The caller frees
 * `credentials`. */
bool container_obtain(struct aws_client *client, const struct credential_plan *plan,
                      struct credentials *credentials, struct error *error);

#endif

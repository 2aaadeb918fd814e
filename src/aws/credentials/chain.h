/* The chain of profiles that begins with the selected one: roles to assume, and at its end the
 * source of the credentials that assume the first of them. */
#ifndef WCP_AWS_CREDENTIALS_CHAIN_H
#define WCP_AWS_CREDENTIALS_CHAIN_H

#include "aws/credentials/variables.h"

/* Follows the chain from `selected` and fills the plan's source and steps, as AWS's Rust SDK does:
 * - In the selected profile, role_arn comes before keys; in a source_profile, keys end the chain.
 * - A profile with role_arn has source_profile or credential_source, not both. One that names
 *   itself as source_profile also has what assumes the role.
 * - A profile without role_arn has, in this order: credential_source, web_identity_token_file
 * (which has a role_arn), IAM Identity Center, credential_process, keys. config->credential_places
 * limits credential_source. Keys that are passed over are logged once. FOUND_NOTHING: the selected
 * profile names no credentials; `error` is not set. FOUND_ERROR: ERROR_CONFIGURATION; the message
 * begins with the place "PATH:LINE:COLUMN: " when there is one. */
enum finding chain_follow(const struct config *config, const struct shared_file files[SHARED_FILES],
                          const struct profile *selected, struct credential_plan *plan,
                          struct error *error);

#endif

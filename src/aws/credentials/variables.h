/* The sources of credentials that variables of the environment name. */
#ifndef WCP_AWS_CREDENTIALS_VARIABLES_H
#define WCP_AWS_CREDENTIALS_VARIABLES_H

#include "aws/credentials/plan.h"
#include "aws/credentials/profile.h"
#include "config/config.h"

/* What came of looking in one place. */
enum finding {
    FOUND_NOTHING, /* the error is of kind ERROR_NONE; its message says what is missing */
    FOUND_PLAN,    /* the plan has this source */
    FOUND_ERROR,   /* this source is configured, and wrong */
};

/* Looks in one place, PLACE_PROFILE excepted:
 * - PLACE_ENVIRONMENT: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN;
 * - PLACE_WEB_IDENTITY: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME. The
 *   token is read;
 * - PLACE_CONTAINER: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, else …_FULL_URI; with the token from
 *   the file AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, else from AWS_CONTAINER_AUTHORIZATION_TOKEN;
 * - PLACE_IMDS: unless AWS_EC2_METADATA_DISABLED. At AWS_EC2_METADATA_SERVICE_ENDPOINT, else at the
 *   address that AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE wants; without a token only when
 *   config->imds_v1 and not AWS_EC2_METADATA_V1_DISABLED. The last three are keys of the profile,
 *   too. */
enum finding variables_find(enum credential_place place, const struct config *config,
                            const struct profile *profile, struct credential_plan *plan,
                            struct error *error);

/* Reads a token from a file, without white space around, into the plan. The path becomes one of the
 * plan's files. Errors: those of file_read; ERROR_CONFIGURATION when there is no token, or it could
 * not be sent in a header. */
bool token_file_read(struct str path, struct credential_plan *plan, struct error *error);

#endif

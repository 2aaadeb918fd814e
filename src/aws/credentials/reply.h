/* Credentials as JSON: the replies of metadata and container endpoints, and what a
 * credential_process writes. */
#ifndef WCP_AWS_CREDENTIALS_REPLY_H
#define WCP_AWS_CREDENTIALS_REPLY_H

#include "aws/credentials/credentials.h"

enum credential_reply {
    REPLY_OF_ENDPOINT, /* the session token is "Token"; "Code" may say that there are none */
    REPLY_OF_PROCESS,  /* "SessionToken", and "Version" must be 1 */
};

/* Reads {"AccessKeyId", "SecretAccessKey", "Token" or "SessionToken", "Expiration"}. The last two
 * may be absent. `what` names the reply in messages, which contain none of the three texts.
 * ERROR_TRANSIENT: it is not JSON, lacks a value, or has one that cannot be right; for a "Code"
 * other than "Success", the error of that code (aws_error.h). The caller frees `credentials`. */
bool credential_reply_read(struct str body, enum credential_reply form, const char *what,
                           struct credentials *credentials, struct error *error);

#endif

/* Credentials of AWS: the texts that sign requests. */
#ifndef WCP_AWS_CREDENTIALS_CREDENTIALS_H
#define WCP_AWS_CREDENTIALS_CREDENTIALS_H

#include "base/buf.h"
#include "base/error.h"

/* Terminated texts, in buffers that wipe themselves when freed. */
struct credentials {
    struct buf access_key_id;
    struct buf secret_access_key;
    struct buf session_token; /* empty when there is none */
    int64_t expiration;       /* seconds since 1970; 0: they do not expire */
    char source[320];         /* for messages: "the environment", "profile default in /…" */
};

void credentials_free(struct credentials *credentials);
#define CREDENTIALS_AUTO __attribute__((cleanup(credentials_free)))

/* Copies the three texts; `session_token` may be empty. `what` names their source in messages.
 * False, with ERROR_CONFIGURATION: a key is empty, longer than LIMIT_CREDENTIAL_VALUE bytes, or has
 * a byte that is not printable ASCII (the texts go into HTTP headers), or one of "'#;<>; or a
 * temporary key has no session token. */
bool credentials_set(struct credentials *credentials, struct str access_key_id,
                     struct str secret_access_key, struct str session_token, const char *what,
                     struct error *error);

#endif

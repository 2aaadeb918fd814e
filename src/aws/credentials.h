/* The long-lived credentials that the role is assumed with, and the region they come with. */
#ifndef WCP_AWS_CREDENTIALS_H
#define WCP_AWS_CREDENTIALS_H

#include "base/buf.h"
#include "base/error.h"

/* Terminated texts in buffers that wipe themselves. */
struct credentials {
    struct buf access_key_id;
    struct buf secret_access_key;
    struct buf session_token; /* length 0: none */
    int64_t expiration;       /* seconds since 1970; 0: they do not expire */
    char source[320]; /* where they come from, for messages: "the environment", "profile default in
                         /…" */
    char region[64];  /* the environment's or the profile's; "" when neither names one */
};

/* Finds credentials in the supervisor, in this order: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
 * AWS_SESSION_TOKEN; the profile AWS_PROFILE (or "default") in `credentials_file`
 * (edge.credentials_file; NULL: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials) and in
 * AWS_CONFIG_FILE (else ~/.aws/config). Files are read at each call, so that rotated keys are used
 * at once. A credentials file that others may change is refused, one that others may read is warned
 * about. A source that is named explicitly and does not deliver is an error, not skipped. False:
 * ERROR_CONFIGURATION or ERROR_DENIED, with what was looked for. Free in either case. */
bool credentials_load(const char *credentials_file, struct credentials *credentials,
                      struct error *error);
void credentials_free(struct credentials *credentials);
#define CREDENTIALS_AUTO __attribute__((cleanup(credentials_free)))

/* The two shared files that credentials_load reads, for whoever watches them: copies that the
 * caller frees; NULL: there is none, HOME is not set. */
void credentials_files(const char *credentials_file, char *paths[2]);

/* Sets the three texts; `session_token` may be empty. False: a part is empty, too long, or has a
 * byte that is not printable ASCII (it goes into a header). `what` names the source in the message.
 */
bool credentials_set(struct credentials *credentials, struct str access_key_id,
                     struct str secret_access_key, struct str session_token, const char *what,
                     struct error *error);

#endif

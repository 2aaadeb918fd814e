/* The long-lived credentials that assume the role, and the region configured with them. */
#ifndef WCP_AWS_CREDENTIALS_H
#define WCP_AWS_CREDENTIALS_H

#include "base/buf.h"
#include "base/error.h"

/* Terminated texts, in buffers that wipe themselves when freed. */
struct credentials {
    struct buf access_key_id;
    struct buf secret_access_key;
    struct buf session_token; /* empty when there is none */
    int64_t expiration;       /* seconds since 1970; 0: they do not expire */
    char source[320];         /* for messages: "the environment", "profile default in /…" */
    char region[64];          /* from the environment or the profile; "" when neither has one */
};

/* Loads credentials. The sources, in this order:
 * - AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN;
 * - the profile AWS_PROFILE (or "default") in the credentials file: `credentials_file`
 *   (edge.credentials_file) when not NULL, else AWS_SHARED_CREDENTIALS_FILE, else
 *   ~/.aws/credentials;
 * - the same profile in the config file: AWS_CONFIG_FILE, else ~/.aws/config.
 * The files are read at each call, so that rotated keys are used at once. A file that other users
 * can change is refused; a credentials file that they can read is logged as a warning. A source
 * that is named explicitly but has no credentials is an error; it is not skipped. False:
 * ERROR_CONFIGURATION or ERROR_DENIED; the message names the sources tried. The caller frees
 * `credentials` in every case. */
bool credentials_load(const char *credentials_file, struct credentials *credentials,
                      struct error *error);
void credentials_free(struct credentials *credentials);
#define CREDENTIALS_AUTO __attribute__((cleanup(credentials_free)))

/* The paths of the credentials file and the config file that credentials_load reads, for a file
 * watcher. The caller frees the copies. NULL: no path, because HOME is not set. */
void credentials_files(const char *credentials_file, char *paths[2]);

/* Copies the three texts; `session_token` may be empty. `what` names their source in messages.
 * False, with ERROR_CONFIGURATION: a key is empty, longer than LIMIT_CREDENTIAL_VALUE bytes, or has
 * a byte that is not printable ASCII (the texts go into HTTP headers). */
bool credentials_set(struct credentials *credentials, struct str access_key_id,
                     struct str secret_access_key, struct str session_token, const char *what,
                     struct error *error);

#endif

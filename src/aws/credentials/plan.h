/* How a worker gets the credentials that assume the certificates' roles. The supervisor makes the
 * plan (search.h), and the worker carries it out (worker/worker_obtain.c). */
#ifndef WCP_AWS_CREDENTIALS_PLAN_H
#define WCP_AWS_CREDENTIALS_PLAN_H

#include "aws/credentials/credentials.h"
#include "base/limits.h"
#include "net/url.h"

/* Where the credentials at the root of the chain come from. */
enum credential_source {
    SOURCE_KEYS,         /* `keys`: from the environment, a profile, or a command that has ended */
    SOURCE_COMMAND,      /* the output of `command`, which the supervisor runs first */
    SOURCE_WEB_IDENTITY, /* STS, for a token */
    SOURCE_CONTAINER,    /* the endpoint that a container orchestrator offers */
    SOURCE_IMDS,         /* instance metadata of EC2 */
    SOURCE_ROLES_ANYWHERE, /* IAM Roles Anywhere, for a device's certificate */
};

/* One AssumeRole. Texts are owned; NULL: not given. */
struct role_step {
    char *role_arn;
    char *external_id;
    char *session_name;
    uint32_t duration_seconds; /* 0: not given */
};

/* Only the parts of its source are set. Secrets lie in buffers that wipe themselves. */
struct credential_plan {
    enum credential_source source;
    char name[320]; /* for messages: "the environment", "profile default in /…" */

    struct credentials keys; /* SOURCE_KEYS */
    char *command;           /* SOURCE_COMMAND: the command line */

    struct role_step web_identity; /* SOURCE_WEB_IDENTITY */
    struct buf token;              /* SOURCE_WEB_IDENTITY; for SOURCE_CONTAINER: Authorization */

    struct url url; /* SOURCE_CONTAINER, SOURCE_IMDS: whom to ask */
    bool imds_v1;   /* SOURCE_IMDS: also without a token */

    struct buf certificates; /* SOURCE_ROLES_ANYWHERE: PEM, leaf first */
    struct buf private_key;  /* the same: PEM */
    struct buf passphrase;   /* the same; empty: the key is not encrypted */

    char *tried; /* SOURCE_IMDS: where nothing was found before, for messages; NULL: nowhere */

    /* The roles to assume after that, in this order, before the certificate's. */
    struct role_step steps[LIMIT_ROLE_CHAIN];
    size_t step_count;

    /* The paths that the search has read, or would have read if there were a file, and that of the
     * program of a credential_process. */
    char *files[LIMIT_CREDENTIAL_FILES];
    size_t file_count;
};

/* Adds a path to the plan's files. */
void credential_plan_note_file(struct credential_plan *plan, const char *path);
void credential_plan_free(struct credential_plan *plan);
#define CREDENTIAL_PLAN_AUTO __attribute__((cleanup(credential_plan_free)))

#endif

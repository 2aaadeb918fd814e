/* One profile of AWS's shared credentials and config files. */
#ifndef WCP_AWS_CREDENTIALS_PROFILE_H
#define WCP_AWS_CREDENTIALS_PROFILE_H

#include "aws/credentials/shared_file.h"

/* The keys that mean something here. */
enum profile_key {
    KEY_ACCESS_KEY_ID,
    KEY_SECRET_ACCESS_KEY,
    KEY_SESSION_TOKEN,
    KEY_SECURITY_TOKEN, /* the old name of the session token, which the AWS CLI still reads */
    KEY_ROLE_ARN,
    KEY_SOURCE_PROFILE,
    KEY_CREDENTIAL_SOURCE,
    KEY_WEB_IDENTITY_TOKEN_FILE,
    KEY_CREDENTIAL_PROCESS,
    KEY_EXTERNAL_ID,
    KEY_ROLE_SESSION_NAME,
    KEY_DURATION_SECONDS,
    KEY_MFA_SERIAL,
    KEY_LOGIN_SESSION,
    KEY_SSO_SESSION,
    KEY_SSO_START_URL,
    KEY_SSO_ACCOUNT_ID,
    KEY_REGION,
    KEY_ENDPOINT_URL,
    KEY_SERVICES,
    KEY_IGNORE_ENDPOINT_URLS,
    KEY_USE_FIPS,
    KEY_USE_DUALSTACK,
    KEY_STS_REGIONAL,
    KEY_CA_BUNDLE,
    KEY_MAX_ATTEMPTS,
    KEY_RETRY_MODE,
    KEY_IMDS_ENDPOINT,
    KEY_IMDS_ENDPOINT_MODE,
    KEY_IMDS_V1_DISABLED,
    PROFILE_KEYS,
};

/* A value, borrowed from the text of its file. It is empty when it is absent. */
struct profile_value {
    struct str text;
    struct shared_place place;
};

struct profile {
    struct str name;
    bool found;
    struct profile_value values[PROFILE_KEYS];
};

/* Reads profile `name` from both files; those with an empty text are absent. A value of the
 * credentials file is preferred to one of the config file, and within a file the last one counts.
 * Quotation marks around a value are taken away. Logs, once, what of the profile is not used, and
 * what an SDK would read differently. */
void profile_read(const struct shared_file files[SHARED_FILES], struct str name,
                  struct profile *profile);
static inline bool profile_has(const struct profile *profile, enum profile_key key)
{
    return profile->values[key].text.length > 0;
}

/* The name of a key, as the files have it. */
struct str profile_key_name(enum profile_key key);

/* Finds endpoint_url of the service in section [services NAME] of the config file. `value` is empty
 * when there is none. Returns false when there is no such section. */
bool services_endpoint(const struct shared_file *config_file, struct str name, const char *service,
                       struct profile_value *value);

#endif

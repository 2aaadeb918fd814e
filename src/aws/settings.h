/* What the environment and the selected profile say about AWS's services. The supervisor reads it
 * before it forks a worker. */
#ifndef WCP_AWS_SETTINGS_H
#define WCP_AWS_SETTINGS_H

#include "base/error.h"
#include "base/str.h"

enum service { SERVICE_ACM, SERVICE_STS, SERVICE_ROLES_ANYWHERE, SERVICES };

/* Texts are NULL when nothing is said. */
struct aws_settings {
    char *region; /* for STS */
    struct {
        char *url;    /* of the endpoint */
        char *origin; /* where it is configured, for messages */
    } endpoints[SERVICES];
    bool use_fips;
    bool use_dualstack;
    unsigned most_attempts; /* per call, at least 1 */
};

void aws_settings_free(struct aws_settings *settings);
#define AWS_SETTINGS_AUTO __attribute__((cleanup(aws_settings_free)))

/* Reads AWS_REGION, else AWS_DEFAULT_REGION, else `profile_region`, which may be empty;
 * AWS_ENDPOINT_URL_ACM, _STS and _ROLESANYWHERE, each before AWS_ENDPOINT_URL, unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is "true"; AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT,
 * and AWS_MAX_ATTEMPTS (3 when unset). False, with ERROR_CONFIGURATION: a value is invalid. The
 * caller frees `settings` in every case. */
bool aws_settings_load(struct str profile_region, struct aws_settings *settings,
                       struct error *error);

/* "acm", "sts" or "rolesanywhere": the signing name, and the first label of the host name. */
const char *service_name(enum service service);

#endif

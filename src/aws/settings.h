/* What the environment and the selected profile say about AWS's services. The supervisor reads it
 * before it forks a worker. */
#ifndef WCP_AWS_SETTINGS_H
#define WCP_AWS_SETTINGS_H

#include "aws/credentials/profile.h"
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
    char *ca_bundle; /* the profile's path: AWS_CA_BUNDLE and edge.ca_bundle come before it */
    bool use_fips;
    bool use_dualstack;
    bool sts_is_global; /* STS is asked at its old global endpoint where that serves the region */
    unsigned most_attempts; /* per call, at least 1 */
};

void aws_settings_free(struct aws_settings *settings);
#define AWS_SETTINGS_AUTO __attribute__((cleanup(aws_settings_free)))

/* Reads variables, each before the profile's key of the same meaning:
 * AWS_REGION, AWS_DEFAULT_REGION; AWS_ENDPOINT_URL_ACM, _STS and _ROLESANYWHERE, each before
 * AWS_ENDPOINT_URL, then the section `services` that the profile names, then its endpoint_url, all
 * unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is "true"; AWS_USE_FIPS_ENDPOINT,
 * AWS_USE_DUALSTACK_ENDPOINT, AWS_STS_REGIONAL_ENDPOINTS, AWS_MAX_ATTEMPTS (3 when unset). False,
 * with ERROR_CONFIGURATION: a value is invalid. The caller frees `settings` in every case. */
bool aws_settings_load(const struct profile *profile, const struct shared_file *config_file,
                       struct aws_settings *settings, struct error *error);

/* "acm", "sts" or "rolesanywhere": the signing name, and the first label of the host name. */
const char *service_name(enum service service);

#endif

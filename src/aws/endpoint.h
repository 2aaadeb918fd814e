/* The URLs of AWS endpoints: by partition, region, FIPS and dual stack, or from the environment. */
#ifndef WCP_AWS_ENDPOINT_H
#define WCP_AWS_ENDPOINT_H

#include "net/url.h"

enum service { SERVICE_ACM, SERVICE_STS };

/* "acm" or "sts": the signing name, and the first label of the host name. */
const char *service_name(enum service service);

/* Finds the endpoint of `service` in `region` of `partition` (the second field of an ARN).
 * AWS_ENDPOINT_URL_ACM or AWS_ENDPOINT_URL_STS, then AWS_ENDPOINT_URL, take precedence unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is "true". AWS_USE_FIPS_ENDPOINT and
 * AWS_USE_DUALSTACK_ENDPOINT select the form of the host name. ERROR_CONFIGURATION: an unknown
 * partition, a partition without dual-stack endpoints, an invalid URL, or a variable that is
 * neither "true" nor "false". */
bool endpoint_resolve(enum service service, struct str partition, struct str region,
                      struct url *url, struct error *error);

#endif

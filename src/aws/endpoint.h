/* Where AWS's services are: by partition, region, FIPS and dual stack, or as the environment says.
 */
#ifndef WCP_AWS_ENDPOINT_H
#define WCP_AWS_ENDPOINT_H

#include "net/url.h"

enum service { SERVICE_ACM, SERVICE_STS };

/* "acm", "sts": the signing name and the first part of the host name. */
const char *service_name(enum service service);

/* The endpoint of `service` in `region` of `partition` (an ARN's second field).
 * AWS_ENDPOINT_URL_ACM or _STS, then AWS_ENDPOINT_URL, win unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true; AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT
 * choose the form. ERROR_CONFIGURATION for
 * an unknown partition, a partition without dual stack, a wrong URL or a value that is neither true
 * nor false. */
bool endpoint_resolve(enum service service, struct str partition, struct str region,
                      struct url *url, struct error *error);

#endif

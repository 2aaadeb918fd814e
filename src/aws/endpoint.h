/* The URLs of AWS endpoints: by partition, region, FIPS and dual stack, or as configured. */
#ifndef WCP_AWS_ENDPOINT_H
#define WCP_AWS_ENDPOINT_H

#include "aws/settings.h"
#include "net/url.h"

/* True for a host name under one of the domains of AWS's endpoints. */
bool endpoint_is_awss(const char *host);

/* Finds the endpoint of `service` in `region` of `partition` (the second field of an ARN). A
 * configured URL takes precedence. ERROR_CONFIGURATION: an unknown partition, a partition without
 * dual-stack endpoints, or an invalid URL. */
bool endpoint_resolve(const struct aws_settings *settings, enum service service,
                      struct str partition, struct str region, struct url *url,
                      struct error *error);

/* True when the service is STS at sts.amazonaws.com, where requests are signed for us-east-1: for
 * the regions of AWS's early years, when sts_regional_endpoints is legacy. */
bool endpoint_is_global(const struct aws_settings *settings, enum service service,
                        struct str partition, struct str region);

#endif

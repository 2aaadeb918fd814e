#include "aws/endpoint.h"

#include "base/format.h"

#include <string.h>

struct partition {
    const char *name;
    const char *suffix;
    const char *dualstack_suffix; /* NULL: no dual-stack endpoints */
    bool fips_is_default_host;    /* the ordinary host name of ACM and STS is the FIPS endpoint */
};

static const struct partition partitions[] = {
    {"aws", "amazonaws.com", "api.aws", false},
    {"aws-us-gov", "amazonaws.com", "api.aws", true},
    {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false},
    {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", false},
    {"aws-iso", "c2s.ic.gov", NULL, false},
    {"aws-iso-b", "sc2s.sgov.gov", NULL, false},
    {"aws-iso-e", "cloud.adc-e.uk", NULL, false},
    {"aws-iso-f", "csp.hci.ic.gov", NULL, false},
};

static const struct partition *find_partition(struct str name)
{
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++)
        if (str_equal(name, str_from(partitions[i].name)))
            return &partitions[i];
    return NULL;
}

bool endpoint_is_global(const struct aws_settings *settings, enum service service,
                        struct str partition, struct str region)
{
    static const char regions[] = "ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 "
                                  "ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 "
                                  "eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2";
    return settings->sts_is_global && service == SERVICE_STS && !settings->use_fips &&
           !settings->use_dualstack && settings->endpoints[service].url == NULL &&
           str_equal(partition, STR("aws")) && str_find_word(regions, region) != SIZE_MAX;
}

static bool standard_host(const struct aws_settings *settings, enum service service,
                          struct str partition_name, struct str region, char *host, size_t size,
                          struct error *error)
{
    const struct partition *partition = find_partition(partition_name);
    bool dualstack = settings->use_dualstack;
    if (partition == NULL)
        return error_refuse(error, ERROR_CONFIGURATION,
                            "correct the ARN, or name the endpoints in AWS_ENDPOINT_URL_STS "
                            "and AWS_ENDPOINT_URL_ACM",
                            "the AWS partition \"%.*s\" is not known",
                            (int)(partition_name.length < 40 ? partition_name.length : 40),
                            partition_name.data);
    if (dualstack && partition->dualstack_suffix == NULL)
        return error_set(error, ERROR_CONFIGURATION,
                         "the AWS partition \"%s\" has no dual-stack endpoints; unset "
                         "AWS_USE_DUALSTACK_ENDPOINT, or use_dualstack_endpoint in the profile",
                         partition->name);
    bool unmarked =
        partition->fips_is_default_host && !dualstack && service != SERVICE_ROLES_ANYWHERE;
    bool marked = settings->use_fips && !unmarked;
    if (endpoint_is_global(settings, service, partition_name, region))
        region = (struct str){0};
    format_text(host, size, "%s%s%s%.*s.%s", service_name(service), marked ? "-fips" : "",
                region.length == 0 ? "" : ".", (int)region.length, region.data,
                dualstack ? partition->dualstack_suffix : partition->suffix);
    return true;
}

static bool is_in_domain(struct str name, const char *domain)
{
    struct str suffix = str_from(domain);
    return suffix.length > 0 && str_ends_with(name, suffix) &&
           str_ends_with(str_take(name, name.length - suffix.length), STR("."));
}

bool endpoint_is_awss(const char *host)
{
    struct str name = str_from(host);
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++)
        if (is_in_domain(name, partitions[i].suffix) ||
            is_in_domain(name, partitions[i].dualstack_suffix))
            return true;
    return false;
}

bool endpoint_resolve(const struct aws_settings *settings, enum service service,
                      struct str partition, struct str region, struct url *url, struct error *error)
{
    char text[URL_HOST_SIZE + 16] = "https://";
    if (settings->endpoints[service].url != NULL)
        return url_parse(str_from(settings->endpoints[service].url),
                         settings->endpoints[service].origin, url, error);
    return standard_host(settings, service, partition, region, text + strlen(text),
                         sizeof text - strlen(text), error) &&
           url_parse(str_from(text), "endpoint", url, error);
}

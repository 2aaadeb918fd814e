#include "aws/settings.h"

#include "base/environment.h"
#include "config/rules.h"

#include <stdlib.h>

void aws_settings_free(struct aws_settings *settings)
{
    free(settings->region);
    for (size_t i = 0; i < SERVICES; i++) {
        free(settings->endpoints[i].url);
        free(settings->endpoints[i].origin);
    }
    *settings = (struct aws_settings){0};
}

const char *service_name(enum service service)
{
    static const char *const names[SERVICES] = {"acm", "sts", "rolesanywhere"};
    return names[service];
}

static bool read_flag(const char *name, bool *flag, struct error *error)
{
    struct str value = str_from(environment_get(name));
    *flag = str_equal_ignore_case(value, STR("true"));
    if (value.length == 0 || *flag || str_equal_ignore_case(value, STR("false")))
        return true;
    return error_set(error, ERROR_CONFIGURATION, "%s must be \"true\" or \"false\"", name);
}

static bool read_most_attempts(unsigned *attempts, struct error *error)
{
    const char *text = environment_get("AWS_MAX_ATTEMPTS");
    uint64_t number = 3;
    if (text != NULL && (!str_to_unsigned(str_from(text), 100, &number) || number == 0))
        return error_set(error, ERROR_CONFIGURATION,
                         "AWS_MAX_ATTEMPTS must be a number from 1 to 100");
    *attempts = (unsigned)number;
    return true;
}

static bool copy_text(struct str text, char **copy, struct error *error)
{
    *copy = str_duplicate(text);
    return *copy != NULL || error_no_memory(error);
}

static bool read_endpoints(struct aws_settings *settings, struct error *error)
{
    static const char *const names[SERVICES] = {"AWS_ENDPOINT_URL_ACM", "AWS_ENDPOINT_URL_STS",
                                                "AWS_ENDPOINT_URL_ROLESANYWHERE"};
    bool ignore = false;
    if (!read_flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", &ignore, error))
        return false;
    for (size_t i = 0; i < SERVICES && !ignore; i++) {
        const char *name = environment_get(names[i]) != NULL ? names[i] : "AWS_ENDPOINT_URL";
        const char *value = environment_get(name);
        if (value != NULL && !(copy_text(str_from(value), &settings->endpoints[i].url, error) &&
                               copy_text(str_from(name), &settings->endpoints[i].origin, error)))
            return false;
    }
    return true;
}

static bool read_region(struct str profile_region, char **region, struct error *error)
{
    const char *given = environment_get("AWS_REGION");
    if (given == NULL)
        given = environment_get("AWS_DEFAULT_REGION");
    struct str text = given != NULL ? str_from(given) : profile_region;
    if (text.length == 0)
        return true;
    if (rule_region(text) != NULL)
        return error_set(error, ERROR_CONFIGURATION,
                         "the region in %s is not the name of an AWS region",
                         given != NULL ? "the environment" : "the profile");
    return copy_text(text, region, error);
}

bool aws_settings_load(struct str profile_region, struct aws_settings *settings,
                       struct error *error)
{
    *settings = (struct aws_settings){0};
    return read_region(profile_region, &settings->region, error) &&
           read_endpoints(settings, error) &&
           read_flag("AWS_USE_FIPS_ENDPOINT", &settings->use_fips, error) &&
           read_flag("AWS_USE_DUALSTACK_ENDPOINT", &settings->use_dualstack, error) &&
           read_most_attempts(&settings->most_attempts, error);
}

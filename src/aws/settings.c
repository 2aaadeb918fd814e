#include "aws/settings.h"

#include "aws/credentials/configured.h"
#include "base/environment.h"
#include "base/log.h"
#include "config/rules.h"

#include <stdlib.h>

void aws_settings_free(struct aws_settings *settings)
{
    free(settings->region);
    for (size_t i = 0; i < SERVICES; i++) {
        free(settings->endpoints[i].url);
        free(settings->endpoints[i].origin);
    }
    free(settings->ca_bundle);
    *settings = (struct aws_settings){0};
}

const char *service_name(enum service service)
{
    static const char *const names[SERVICES] = {"acm", "sts", "rolesanywhere"};
    return names[service];
}

static bool copy_text(struct str text, char **copy, struct error *error)
{
    *copy = str_duplicate(text);
    return *copy != NULL || error_no_memory(error);
}

static bool read_most_attempts(const struct profile *profile, unsigned *attempts,
                               struct error *error)
{
    struct configured value = configured_get("AWS_MAX_ATTEMPTS", profile, KEY_MAX_ATTEMPTS);
    uint64_t number = 3;
    if (value.text.length > 0 && (!str_to_unsigned(value.text, 100, &number) || number == 0))
        return configured_refuse(&value, "", "must be a number from 1 to 100", STR(""), error);
    *attempts = (unsigned)number;
    return true;
}

/* There is one way to repeat a call. */
static void warn_of_retry_mode(const struct profile *profile)
{
    char origin[CONFIGURED_ORIGIN_SIZE];
    struct configured mode = configured_get("AWS_RETRY_MODE", profile, KEY_RETRY_MODE);
    if (mode.text.length == 0 || str_equal_ignore_case(mode.text, STR("standard")))
        return;
    configured_origin(&mode, origin);
    log_once(LOG_LEVEL_WARN, "%s is not used: calls are repeated as in the mode \"standard\"",
             origin);
}

static bool read_endpoint(const struct profile *profile, const struct shared_file *config_file,
                          enum service service, struct aws_settings *settings, struct error *error)
{
    static const char *const names[SERVICES] = {"AWS_ENDPOINT_URL_ACM", "AWS_ENDPOINT_URL_STS",
                                                "AWS_ENDPOINT_URL_ROLESANYWHERE"};
    char origin[CONFIGURED_ORIGIN_SIZE];
    struct profile_value section = {0};
    struct configured value = configured_get(names[service], NULL, PROFILE_KEYS);
    if (value.text.length == 0)
        value = configured_get("AWS_ENDPOINT_URL", profile, KEY_ENDPOINT_URL);
    struct configured services = configured_get(NULL, profile, KEY_SERVICES);
    if (value.variable == NULL && services.text.length > 0 &&
        !services_endpoint(config_file, services.text, service_name(service), &section))
        return configured_refuse(&services, "write [services NAME] into the AWS config file",
                                 "names a section that is not there: ", services.text, error);
    if (section.text.length > 0) {
        value.text = section.text;
        value.value = &section;
    }
    configured_origin(&value, origin);
    return value.text.length == 0 ||
           (copy_text(value.text, &settings->endpoints[service].url, error) &&
            copy_text(str_from(origin), &settings->endpoints[service].origin, error));
}

static bool read_endpoints(const struct profile *profile, const struct shared_file *config_file,
                           struct aws_settings *settings, struct error *error)
{
    bool ignore = false;
    bool done = configured_flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", profile,
                                KEY_IGNORE_ENDPOINT_URLS, &ignore, error);
    for (enum service i = 0; i < SERVICES && !ignore && done; i++)
        done = read_endpoint(profile, config_file, i, settings, error);
    return done;
}

static bool read_region(const struct profile *profile, char **region, struct error *error)
{
    const char *variable =
        environment_get("AWS_REGION") != NULL ? "AWS_REGION" : "AWS_DEFAULT_REGION";
    struct configured value = configured_get(variable, profile, KEY_REGION);
    const char *wrong = value.text.length == 0 ? NULL : rule_region(value.text);
    if (wrong != NULL)
        return configured_refuse(&value, "", wrong, rule_region_meant(value.text), error);
    return value.text.length == 0 || copy_text(value.text, region, error);
}

static bool read_ca_bundle(const struct profile *profile, char **ca_bundle, struct error *error)
{
    char path[PATH_MAX];
    if (!profile_has(profile, KEY_CA_BUNDLE))
        return true;
    configured_path(profile->values[KEY_CA_BUNDLE].text, path);
    return copy_text(str_from(path), ca_bundle, error);
}

bool aws_settings_load(const struct profile *profile, const struct shared_file *config_file,
                       struct aws_settings *settings, struct error *error)
{
    struct configured sts = configured_get("AWS_STS_REGIONAL_ENDPOINTS", profile, KEY_STS_REGIONAL);
    size_t choice = sts.text.length == 0 ? 1 : str_find_word("legacy regional", sts.text);
    *settings = (struct aws_settings){.sts_is_global = choice == 0};
    warn_of_retry_mode(profile);
    if (choice > 1)
        return configured_refuse(&sts, "", "must be \"legacy\" or \"regional\"", STR(""), error);
    return read_region(profile, &settings->region, error) &&
           read_endpoints(profile, config_file, settings, error) &&
           read_ca_bundle(profile, &settings->ca_bundle, error) &&
           configured_flag("AWS_USE_FIPS_ENDPOINT", profile, KEY_USE_FIPS, &settings->use_fips,
                           error) &&
           configured_flag("AWS_USE_DUALSTACK_ENDPOINT", profile, KEY_USE_DUALSTACK,
                           &settings->use_dualstack, error) &&
           read_most_attempts(profile, &settings->most_attempts, error);
}

#include "aws/credentials/search.h"

#include "aws/credentials/profile.h"
#include "aws/credentials/roles_anywhere.h"
#include "base/environment.h"
#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/who_may_write.h"

#include <limits.h>
#include <unistd.h>

/* The two shared files and the profile to look up in them. */
struct sources {
    char credentials_path[PATH_MAX];
    char config_path[PATH_MAX];
    bool credentials_path_given; /* by the configuration or the environment: the file must exist */
    bool config_path_given;
    const char *profile;
    bool profile_given;
};

static bool choose_path(const char *given, const char *in_home, char out[PATH_MAX])
{
    const char *home = environment_get("HOME");
    if (given != NULL)
        format_text(out, PATH_MAX, "%s", given);
    else
        format_text(out, PATH_MAX, "%s%s", home == NULL ? "" : home, home == NULL ? "" : in_home);
    return given != NULL;
}

static void choose_sources(const char *credentials_file, struct sources *sources)
{
    const char *given = credentials_file != NULL ? credentials_file
                                                 : environment_get("AWS_SHARED_CREDENTIALS_FILE");
    sources->credentials_path_given =
        choose_path(given, "/.aws/credentials", sources->credentials_path);
    sources->config_path_given =
        choose_path(environment_get("AWS_CONFIG_FILE"), "/.aws/config", sources->config_path);
    sources->profile = environment_get("AWS_PROFILE");
    sources->profile_given = sources->profile != NULL;
    if (!sources->profile_given)
        sources->profile = "default";
}

void credentials_files(const struct config *config, char *paths[2])
{
    const struct roles_anywhere_config *device = &config->roles_anywhere;
    struct sources sources;
    const char *chosen[2] = {device->certificate, device->private_key};
    if (device->certificate == NULL) {
        choose_sources(config->credentials_file, &sources);
        chosen[0] = sources.credentials_path;
        chosen[1] = sources.config_path;
    }
    for (size_t i = 0; i < 2; i++)
        paths[i] = chosen[i][0] == '\0' ? NULL : str_duplicate(str_from(chosen[i]));
}

/* Reads one of the files. An absent file is an error only when its path was given. `readable`
 * becomes true when its group or everybody can read it. */
static bool read_shared_file(const char *path, bool given, const char *what, struct buf *text,
                             bool *readable, struct error *error)
{
    mode_t mode = 0;
    if (path[0] == '\0' || (!given && access(path, F_OK) != 0))
        return true;
    if (!protected_file_read(path, what, text, &mode, error))
        return false;
    *readable = (mode & (S_IRGRP | S_IROTH)) != 0;
    return true;
}

static bool from_environment(struct credentials *credentials, bool *found, struct error *error)
{
    const char *id = environment_get("AWS_ACCESS_KEY_ID");
    const char *secret = environment_get("AWS_SECRET_ACCESS_KEY");
    *found = id != NULL || secret != NULL;
    if (!*found)
        return true;
    format_text(credentials->source, sizeof credentials->source, "the environment");
    return credentials_set(credentials, str_from(id), str_from(secret),
                           str_from(environment_get("AWS_SESSION_TOKEN")),
                           "the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)", error);
}

static bool report_not_found(const struct sources *sources, const struct profile *profile,
                             struct error *error)
{
    if (sources->profile_given && !profile->found)
        error_set(error, ERROR_CONFIGURATION, "there is no profile \"%s\" in %s or %s",
                  sources->profile, sources->credentials_path, sources->config_path);
    else
        error_set(
            error, ERROR_CONFIGURATION,
            "no AWS credentials found: not in AWS_ACCESS_KEY_ID, nor as profile \"%s\" in %s%s%s",
            sources->profile,
            sources->credentials_path[0] == '\0' ? "a file (HOME is not set)"
                                                 : sources->credentials_path,
            sources->config_path[0] == '\0' ? "" : " or ", sources->config_path);
    return error_advise(error,
                        "put aws_access_key_id and aws_secret_access_key under [%s] into a "
                        "file and name it as credentials_file under [edge]",
                        sources->profile);
}

static bool has_keys(const struct profile *profile)
{
    return profile->access_key_id.length > 0 || profile->secret_access_key.length > 0;
}

/* `path` is the file that contains the keys. */
static bool from_profile(const struct sources *sources, const struct profile *profile,
                         const char *path, struct credentials *credentials, struct error *error)
{
    if (!has_keys(profile))
        return report_not_found(sources, profile, error);
    format_text(credentials->source, sizeof credentials->source, "profile %s in %s",
                sources->profile, path);
    return credentials_set(credentials, profile->access_key_id, profile->secret_access_key,
                           profile->session_token, credentials->source, error);
}

bool credential_search(const struct config *config, struct credential_plan *plan,
                       struct aws_settings *settings, struct error *error)
{
    BUF_AUTO struct buf credentials_text = BUF_SECRET(LIMIT_CREDENTIALS_FILE);
    BUF_AUTO struct buf config_text = BUF_SECRET(LIMIT_CREDENTIALS_FILE);
    struct credentials *keys = &plan->keys;
    struct sources sources;
    struct profile profile = {0};
    bool found = false;
    bool readable = false;
    *plan = (struct credential_plan){.source = SOURCE_KEYS};
    *settings = (struct aws_settings){0};
    if (config->roles_anywhere.certificate != NULL)
        return aws_settings_load(STR(""), settings, error) &&
               roles_anywhere_load(&config->roles_anywhere, plan, error);
    if (!from_environment(keys, &found, error))
        return false;
    choose_sources(config->credentials_file, &sources);
    struct str name = str_from(sources.profile);
    if (!found) {
        if (!read_shared_file(sources.credentials_path, sources.credentials_path_given,
                              "credentials file", &credentials_text, &readable, error))
            return false;
        if (readable)
            log_warn("The credentials file %s can be read by others; run: chmod 600 %s",
                     sources.credentials_path, sources.credentials_path);
        profile_read(buf_str(&credentials_text), PROFILE_CREDENTIALS_FILE, name, &profile);
    }
    const char *path = has_keys(&profile) ? sources.credentials_path : sources.config_path;
    if (!read_shared_file(sources.config_path, sources.config_path_given && !found,
                          "AWS config file", &config_text, &readable, error))
        return false;
    profile_read(buf_str(&config_text), PROFILE_CONFIG_FILE, name, &profile);
    if (!aws_settings_load(profile.region, settings, error) ||
        (!found && !from_profile(&sources, &profile, path, keys, error)))
        return false;
    format_text(plan->name, sizeof plan->name, "%s", keys->source);
    return true;
}

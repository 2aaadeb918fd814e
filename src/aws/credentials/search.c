#include "aws/credentials/search.h"

#include "aws/credentials/chain.h"
#include "aws/credentials/configured.h"
#include "aws/credentials/roles_anywhere.h"
#include "base/environment.h"
#include "base/format.h"
#include "base/log.h"
#include "base/who_may_write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A search under way. */
struct search {
    const struct config *config;
    struct credential_plan *plan;
    struct shared_file files[SHARED_FILES];
    struct buf texts[SHARED_FILES];
    char paths[SHARED_FILES][PATH_MAX];
    struct profile profile; /* the selected one */
    bool profile_given;     /* by AWS_PROFILE: it must exist */
};

static const struct file_kind {
    const char *what;
    const char *variable;
    const char *in_home;
} file_kinds[SHARED_FILES] = {
    {"credentials file", "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"},
    {"AWS config file", "AWS_CONFIG_FILE", "/.aws/config"},
};

/* Writes the path of a shared file, which is empty when nothing says where it is. Returns true when
 * it is given: then the file must exist. */
static bool choose_path(const struct config *config, enum shared_file_kind kind, char out[PATH_MAX])
{
    const char *home = environment_get("HOME");
    const char *given = environment_get(file_kinds[kind].variable);
    if (kind == SHARED_CREDENTIALS_FILE && config->credentials_file != NULL)
        given = config->credentials_file;
    if (given != NULL)
        configured_path(str_from(given), out);
    else
        format_text(out, PATH_MAX, "%s%s", home == NULL ? "" : home,
                    home == NULL ? "" : file_kinds[kind].in_home);
    return given != NULL;
}

/* Reads one of the files. One that is absent is an error only when its path was given and `needed`.
 */
static bool read_shared_file(struct search *search, enum shared_file_kind kind, bool needed,
                             struct error *error)
{
    char *path = search->paths[kind];
    struct shared_file *file = &search->files[kind];
    const char *what = file_kinds[kind].what;
    mode_t mode = 0;
    bool given = choose_path(search->config, kind, path);
    *file = (struct shared_file){.kind = kind, .path = path};
    search->texts[kind] = BUF_SECRET(LIMIT_CREDENTIALS_FILE);
    if (path[0] == '\0' || strcmp(path, "/dev/null") == 0) /* a usual way to name no file */
        return true;
    credential_plan_note_file(search->plan, path);
    if (!(given && needed) && access(path, F_OK) != 0) {
        if (errno == EACCES)
            log_once(LOG_LEVEL_WARN, "The %s %s is hidden from this user, and not used", what,
                     path);
        return true;
    }
    if (!protected_file_read(path, what, &search->texts[kind], &mode, error))
        return false;
    if (kind == SHARED_CREDENTIALS_FILE && (mode & (S_IRGRP | S_IROTH)) != 0)
        log_once(LOG_LEVEL_WARN, "The credentials file %s can be read by others; run: chmod 600 %s",
                 path, path);
    file->text = buf_str(&search->texts[kind]);
    if (shared_file_check(file, error))
        return true;
    file->text = (struct str){0};
    return false;
}

/* Reads the two files and the selected profile. Unless `needed`, the credentials file may be
 * absent or unusable, as the credentials come from elsewhere. */
static bool read_files(struct search *search, bool needed, struct error *error)
{
    const char *name = environment_get("AWS_PROFILE");
    bool done = read_shared_file(search, SHARED_CREDENTIALS_FILE, needed, error);
    if (!done && !needed) {
        log_once(LOG_LEVEL_WARN, "%s; %s", error->message, error_advice(error));
        done = true;
    }
    struct error second = error_none();
    if (!read_shared_file(search, SHARED_CONFIG_FILE, needed, done ? error : &second))
        done = false;
    search->profile_given = name != NULL;
    if (name == NULL && environment_get("AWS_DEFAULT_PROFILE") != NULL)
        log_once(LOG_LEVEL_WARN,
                 "AWS_DEFAULT_PROFILE is not used, as in most of AWS's SDKs: set AWS_PROFILE");
    profile_read(search->files, str_from(name == NULL ? "default" : name), &search->profile);
    return done;
}

static enum finding find_in_profile(struct search *search, struct error *error)
{
    const struct profile *profile = &search->profile;
    enum finding finding = FOUND_NOTHING;
    const char *first = search->paths[SHARED_CREDENTIALS_FILE];
    const char *second = search->paths[SHARED_CONFIG_FILE];
    if (profile->found)
        finding = chain_follow(search->config, search->files, profile, search->plan, error);
    if (finding != FOUND_NOTHING)
        return finding;
    bool wrong = !profile->found && search->profile_given;
    error_set(error, wrong ? ERROR_CONFIGURATION : ERROR_NONE,
              profile->found ? "profile \"%.*s\" in %s%s%s has none"
                             : "there is no profile \"%.*s\" in %s%s%s",
              (int)profile->name.length, profile->name.data,
              first[0] == '\0' ? "a file (HOME is not set)" : first,
              second[0] == '\0' ? "" : " or ", second);
    if (wrong)
        error_advise(error, "correct AWS_PROFILE, or add this profile to one of the files");
    return wrong ? FOUND_ERROR : FOUND_NOTHING;
}

/* True when credentials may come from the shared files, so that these must be usable. */
static bool needs_files(const struct config *config)
{
    bool has_keys = environment_get("AWS_ACCESS_KEY_ID") != NULL ||
                    environment_get("AWS_SECRET_ACCESS_KEY") != NULL;
    return config->roles_anywhere.certificate == NULL &&
           config_allows_place(config, PLACE_PROFILE) &&
           !(has_keys && config_allows_place(config, PLACE_ENVIRONMENT));
}

static bool find_plan(struct search *search, struct error *error)
{
    BUF_AUTO struct buf tried = BUF(ERROR_MESSAGE_SIZE);
    for (enum credential_place place = PLACE_ENVIRONMENT; place <= PLACE_IMDS; place++) {
        if (!config_allows_place(search->config, place))
            continue;
        enum finding finding =
            place == PLACE_PROFILE
                ? find_in_profile(search, error)
                : variables_find(place, search->config, &search->profile, search->plan, error);
        if (finding == FOUND_PLAN && place == PLACE_IMDS && tried.length > 0)
            search->plan->tried = str_duplicate(buf_str(&tried));
        if (finding != FOUND_NOTHING)
            return finding == FOUND_PLAN;
        buf_format(&tried, "%s%s", tried.length == 0 ? "" : "; ", error->message);
    }
    error_set(error, ERROR_CONFIGURATION, "no AWS credentials found: %.*s", (int)tried.length,
              tried.data);
    if (!config_allows_place(search->config, PLACE_PROFILE))
        return error_advise(error,
                            "set up one of these, or name another place in edge.credentials");
    return error_advise(error,
                        "put aws_access_key_id and aws_secret_access_key under [%.*s] into a "
                        "file and name it as credentials_file under [edge]",
                        (int)search->profile.name.length, search->profile.name.data);
}

bool credential_search(const struct config *config, struct credential_plan *plan,
                       struct aws_settings *settings, struct error *error)
{
    struct search search = {.config = config, .plan = plan};
    struct error settings_error = error_none();
    const struct roles_anywhere_config *device = &config->roles_anywhere;
    *plan = (struct credential_plan){0};
    bool done = read_files(&search, needs_files(config), error);
    if (!aws_settings_load(&search.profile, &search.files[SHARED_CONFIG_FILE], settings,
                           &settings_error)) {
        *error = settings_error;
        done = false;
    }
    done = done && (device->certificate != NULL ? roles_anywhere_load(device, plan, error)
                                                : find_plan(&search, error));
    if (!done)
        plan->name[0] = '\0';
    for (size_t i = 0; i < SHARED_FILES; i++)
        buf_free(&search.texts[i]);
    return done;
}

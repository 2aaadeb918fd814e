#include "aws/credentials/chain.h"

#include "aws/credentials/configured.h"
#include "base/format.h"
#include "base/log.h"

#include <stdlib.h>

struct chain {
    const struct config *config;
    const struct shared_file *files;
    const struct profile *selected;
    struct profile profile;                   /* the one that is followed now */
    struct str visited[LIMIT_ROLE_CHAIN + 1]; /* the names of all before it */
    size_t count;
    struct credential_plan *plan;
    struct error *error;
};

static bool has(const struct chain *chain, enum profile_key key)
{
    return profile_has(&chain->profile, key);
}

static struct str text_of(const struct chain *chain, enum profile_key key)
{
    return chain->profile.values[key].text;
}

/* Sets an error about a key of the profile. */
static bool refuse(const struct chain *chain, enum profile_key key, const char *advice,
                   const char *wrong, struct str detail)
{
    struct configured from = configured_get(NULL, &chain->profile, key);
    return configured_refuse(&from, advice, wrong, detail, chain->error);
}

static bool has_keys(const struct chain *chain)
{
    return has(chain, KEY_ACCESS_KEY_ID) || has(chain, KEY_SECRET_ACCESS_KEY);
}

/* Says that the profile's keys are passed over. */
static void warn_of_unused_keys(const struct chain *chain, enum profile_key used)
{
    char origin[CONFIGURED_ORIGIN_SIZE];
    struct configured from = configured_get(NULL, &chain->profile, KEY_ACCESS_KEY_ID);
    struct str name = profile_key_name(used);
    if (from.text.length == 0)
        return;
    configured_origin(&from, origin);
    log_once(LOG_LEVEL_WARN, "%s is not used: %.*s of this profile comes before it", origin,
             (int)name.length, name.data);
}

static const char *rule_duration(struct str text)
{
    uint64_t seconds = 0;
    return str_to_unsigned(text, 43200, &seconds) && seconds >= 900
               ? NULL
               : "must be a number from 900 to 43200";
}

static bool copy_value(const struct chain *chain, enum profile_key key,
                       const char *(*rule)(struct str text), char **copy)
{
    struct configured from = configured_get(NULL, &chain->profile, key);
    return configured_copy(&from, rule, copy, chain->error);
}

/* Reads the role of the profile. */
static bool read_step(const struct chain *chain, struct role_step *step)
{
    char *seconds = NULL;
    bool done = copy_value(chain, KEY_ROLE_ARN, rule_role_arn, &step->role_arn) &&
                copy_value(chain, KEY_EXTERNAL_ID, rule_external_id, &step->external_id) &&
                copy_value(chain, KEY_ROLE_SESSION_NAME, rule_session_name, &step->session_name) &&
                copy_value(chain, KEY_DURATION_SECONDS, rule_duration, &seconds);
    if (seconds != NULL)
        step->duration_seconds = (uint32_t)strtoul(seconds, NULL, 10);
    free(seconds);
    return done;
}

/* --- the end of the chain --- */

static enum finding found(bool done)
{
    return done ? FOUND_PLAN : FOUND_ERROR;
}

/* Names the source: "profile x in PATH". `key` is one that is in the file. */
static void name_source(const struct chain *chain, enum credential_source source,
                        enum profile_key key)
{
    struct credential_plan *plan = chain->plan;
    struct str name = chain->profile.name;
    plan->source = source;
    format_text(plan->name, sizeof plan->name, "profile %.*s in %s", (int)name.length, name.data,
                chain->profile.values[key].place.path);
}

static enum finding use_named_source(const struct chain *chain)
{
    static const char names[] = "Environment EcsContainer Ec2InstanceMetadata";
    static const enum credential_place places[] = {PLACE_ENVIRONMENT, PLACE_CONTAINER, PLACE_IMDS};
    size_t index = str_find_word(names, text_of(chain, KEY_CREDENTIAL_SOURCE));
    char missing[ERROR_MESSAGE_SIZE];
    if (index == SIZE_MAX)
        return found(refuse(chain, KEY_CREDENTIAL_SOURCE, "", "must be one of: ", str_from(names)));
    if (!config_allows_place(chain->config, places[index]))
        return found(refuse(chain, KEY_CREDENTIAL_SOURCE, "add this place to edge.credentials",
                            "is a place that edge.credentials does not name", STR("")));
    warn_of_unused_keys(chain, KEY_CREDENTIAL_SOURCE);
    enum finding finding =
        variables_find(places[index], chain->config, chain->selected, chain->plan, chain->error);
    if (finding != FOUND_NOTHING)
        return finding;
    format_text(missing, sizeof missing, "%s", chain->error->message);
    return found(refuse(chain, KEY_CREDENTIAL_SOURCE, "set the variable for the agent",
                        "cannot be used: ", str_from(missing)));
}

static enum finding use_web_identity(const struct chain *chain)
{
    if (!has(chain, KEY_ROLE_ARN))
        return found(refuse(chain, KEY_WEB_IDENTITY_TOKEN_FILE,
                            "add role_arn, the role to assume with the token",
                            "has no role_arn beside it", STR("")));
    warn_of_unused_keys(chain, KEY_WEB_IDENTITY_TOKEN_FILE);
    name_source(chain, SOURCE_WEB_IDENTITY, KEY_WEB_IDENTITY_TOKEN_FILE);
    return found(
        read_step(chain, &chain->plan->web_identity) &&
        token_file_read(text_of(chain, KEY_WEB_IDENTITY_TOKEN_FILE), chain->plan, chain->error));
}

/* Adds the program to the plan's files when the command line begins with its path, without quotes:
 * it may be installed later. */
static void note_program(const struct chain *chain, struct str command)
{
    char path[PATH_MAX];
    size_t length = 0;
    while (length < command.length && !is_space(command.data[length]))
        length++;
    format_text(path, sizeof path, "%.*s", (int)length, command.data);
    if (path[0] == '/')
        credential_plan_note_file(chain->plan, path);
}

static enum finding use_command(const struct chain *chain)
{
    note_program(chain, text_of(chain, KEY_CREDENTIAL_PROCESS));
    warn_of_unused_keys(chain, KEY_CREDENTIAL_PROCESS);
    name_source(chain, SOURCE_COMMAND, KEY_CREDENTIAL_PROCESS);
    chain->plan->command = str_duplicate(text_of(chain, KEY_CREDENTIAL_PROCESS));
    return found(chain->plan->command != NULL || error_no_memory(chain->error));
}

static enum finding use_keys(const struct chain *chain)
{
    char origin[CONFIGURED_ORIGIN_SIZE];
    enum profile_key first =
        has(chain, KEY_ACCESS_KEY_ID) ? KEY_ACCESS_KEY_ID : KEY_SECRET_ACCESS_KEY;
    enum profile_key token = has(chain, KEY_SESSION_TOKEN) ? KEY_SESSION_TOKEN : KEY_SECURITY_TOKEN;
    name_source(chain, SOURCE_KEYS, first);
    format_text(origin, sizeof origin, "%s (line %u)", chain->plan->name,
                chain->profile.values[first].place.line);
    return found(credentials_set(&chain->plan->keys, text_of(chain, KEY_ACCESS_KEY_ID),
                                 text_of(chain, KEY_SECRET_ACCESS_KEY), text_of(chain, token),
                                 origin, chain->error));
}

#define ADVICE_UNATTENDED                                                                          \
    "use what works unattended: [edge.roles_anywhere], an instance profile, credential_process "   \
    "or keys"

/* The sources of a profile, role_arn and source_profile aside. */
static enum finding use_profile(const struct chain *chain)
{
    static const enum profile_key by_person[] = {KEY_SSO_SESSION, KEY_SSO_START_URL,
                                                 KEY_SSO_ACCOUNT_ID, KEY_LOGIN_SESSION};
    if (has(chain, KEY_CREDENTIAL_SOURCE))
        return use_named_source(chain);
    if (has(chain, KEY_WEB_IDENTITY_TOKEN_FILE))
        return use_web_identity(chain);
    for (size_t i = 0; i < sizeof by_person / sizeof by_person[0]; i++)
        if (has(chain, by_person[i]))
            return found(refuse(chain, by_person[i], ADVICE_UNATTENDED,
                                "needs a person who signs in with a browser", STR("")));
    if (has(chain, KEY_CREDENTIAL_PROCESS))
        return use_command(chain);
    return has_keys(chain) ? use_keys(chain) : FOUND_NOTHING;
}

/* --- from the selected profile to the end --- */

static bool add_step(const struct chain *chain)
{
    struct credential_plan *plan = chain->plan;
    bool by_profile = has(chain, KEY_SOURCE_PROFILE);
    if (has(chain, KEY_MFA_SERIAL))
        return refuse(chain, KEY_MFA_SERIAL, ADVICE_UNATTENDED, "needs a person who types a code",
                      STR(""));
    if (by_profile && has(chain, KEY_CREDENTIAL_SOURCE))
        return refuse(chain, KEY_CREDENTIAL_SOURCE, "remove one of them",
                      "and source_profile exclude each other", STR(""));
    if (!by_profile && !has(chain, KEY_CREDENTIAL_SOURCE))
        return refuse(chain, KEY_ROLE_ARN, "add the one that names who assumes the role",
                      "has neither source_profile nor credential_source beside it", STR(""));
    if (plan->step_count == LIMIT_ROLE_CHAIN)
        return refuse(chain, KEY_ROLE_ARN, "shorten the chain of source_profile",
                      "is the ninth role of a chain, and eight are the most", STR(""));
    return read_step(chain, &plan->steps[plan->step_count++]);
}

/* Makes the source_profile the one that is followed. */
static bool go_to_source(struct chain *chain)
{
    struct str name = text_of(chain, KEY_SOURCE_PROFILE);
    struct profile next;
    warn_of_unused_keys(chain, KEY_ROLE_ARN);
    chain->visited[chain->count++] = chain->profile.name;
    for (size_t i = 0; i < chain->count; i++)
        if (str_equal(chain->visited[i], name))
            return refuse(chain, KEY_SOURCE_PROFILE, "let the chain end in a profile with keys",
                          "makes a loop: it leads back to profile ", name);
    profile_read(chain->files, name, &next);
    if (!next.found)
        return refuse(chain, KEY_SOURCE_PROFILE, "correct the name, or add the profile",
                      "names a profile that neither file has: ", name);
    chain->profile = next;
    return true;
}

static enum finding follow(struct chain *chain)
{
    while (has(chain, KEY_ROLE_ARN) && !has(chain, KEY_WEB_IDENTITY_TOKEN_FILE) &&
           (chain->count == 0 || !has_keys(chain))) {
        if (!add_step(chain))
            return FOUND_ERROR;
        if (has(chain, KEY_CREDENTIAL_SOURCE) ||
            str_equal(text_of(chain, KEY_SOURCE_PROFILE), chain->profile.name))
            return use_profile(chain);
        if (!go_to_source(chain))
            return FOUND_ERROR;
    }
    return chain->count > 0 && has_keys(chain) ? use_keys(chain) : use_profile(chain);
}

enum finding chain_follow(const struct config *config, const struct shared_file files[SHARED_FILES],
                          const struct profile *selected, struct credential_plan *plan,
                          struct error *error)
{
    struct chain chain = {
        .config = config,
        .files = files,
        .selected = selected,
        .profile = *selected,
        .plan = plan,
        .error = error,
    };
    enum finding finding = follow(&chain);
    for (size_t i = 0; i < plan->step_count / 2; i++) { /* the last role first */
        struct role_step step = plan->steps[i];
        plan->steps[i] = plan->steps[plan->step_count - 1 - i];
        plan->steps[plan->step_count - 1 - i] = step;
    }
    if (finding != FOUND_NOTHING || plan->step_count == 0)
        return finding;
    error_refuse(error, ERROR_CONFIGURATION, "add its keys, or another source of credentials",
                 "profile %.*s, at the end of a chain of source_profile, has no credentials",
                 (int)chain.profile.name.length, chain.profile.name.data);
    return FOUND_ERROR;
}

#include "aws/credentials/variables.h"

#include "aws/credentials/configured.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/format.h"

/* Says what a place lacks that is not configured. */
static enum finding lacks(struct error *error, const char *what)
{
    error_set(error, ERROR_NONE, "%s", what);
    return FOUND_NOTHING;
}

static enum finding finding_of(bool found)
{
    return found ? FOUND_PLAN : FOUND_ERROR;
}

static enum finding find_keys(struct credential_plan *plan, struct error *error)
{
    const char *id = environment_get("AWS_ACCESS_KEY_ID");
    const char *secret = environment_get("AWS_SECRET_ACCESS_KEY");
    const char *token = environment_get("AWS_SESSION_TOKEN");
    if (id == NULL && secret == NULL)
        return lacks(error, "AWS_ACCESS_KEY_ID is not set");
    if (token == NULL)
        token = environment_get("AWS_SECURITY_TOKEN"); /* its old name */
    return finding_of(credentials_set(
        &plan->keys, str_from(id), str_from(secret), str_from(token),
        "the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)", error));
}

/* Sets the plan's token. `origin` names its file or variable. */
static bool set_token(struct str text, const char *origin, struct credential_plan *plan,
                      struct error *error)
{
    bool printable = true;
    struct str token = str_trim(text);
    for (size_t i = 0; i < token.length; i++)
        printable = printable && token.data[i] >= ' ' && token.data[i] <= '~';
    if (!printable || token.length == 0)
        return error_refuse(
            error, ERROR_CONFIGURATION, "put the token there, alone, in one line",
            printable ? "there is no token in %s"
                      : "the token in %s has a line break or a character that is not ASCII",
            origin);
    plan->token = BUF_SECRET(LIMIT_CREDENTIAL_VALUE + 1);
    return (buf_append(&plan->token, token) && buf_text(&plan->token) != NULL) ||
           error_no_memory(error);
}

bool token_file_read(struct str path, struct credential_plan *plan, struct error *error)
{
    BUF_AUTO struct buf text = BUF_SECRET(LIMIT_CREDENTIAL_VALUE);
    char full[PATH_MAX];
    configured_path(path, full);
    credential_plan_note_file(plan, full);
    return file_read(full, "token file", &text, error) &&
           set_token(buf_str(&text), full, plan, error);
}

static enum finding find_web_identity(struct credential_plan *plan, struct error *error)
{
    const char *path = environment_get("AWS_WEB_IDENTITY_TOKEN_FILE");
    struct configured role = configured_get("AWS_ROLE_ARN", NULL, PROFILE_KEYS);
    struct configured session = configured_get("AWS_ROLE_SESSION_NAME", NULL, PROFILE_KEYS);
    if (path == NULL)
        return lacks(error, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    if (role.text.length == 0)
        return finding_of(configured_refuse(&role, "set it to the role to assume with the token",
                                            "is not set, but AWS_WEB_IDENTITY_TOKEN_FILE is",
                                            STR(""), error));
    return finding_of(
        configured_copy(&role, rule_role_arn, &plan->web_identity.role_arn, error) &&
        configured_copy(&session, rule_session_name, &plan->web_identity.session_name, error) &&
        token_file_read(str_from(path), plan, error));
}

static enum finding find_container(struct credential_plan *plan, struct error *error)
{
    /* Whom to ask without TLS: this machine, and the addresses of ECS and EKS. */
    static const char hosts[] = "169.254.170.2 169.254.170.23 fd00:ec2::23";
    char relative[URL_PATH_SIZE + 32];
    struct configured from =
        configured_get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", NULL, PROFILE_KEYS);
    const char *file = environment_get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = environment_get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (from.text.length > 0) {
        format_text(relative, sizeof relative, "http://169.254.170.2%s%.*s",
                    from.text.data[0] == '/' ? "" : "/", (int)from.text.length, from.text.data);
        from.text = str_from(relative);
    } else {
        from = configured_get("AWS_CONTAINER_CREDENTIALS_FULL_URI", NULL, PROFILE_KEYS);
    }
    if (from.text.length == 0)
        return lacks(error, "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set");
    if (!url_parse(from.text, from.variable, &plan->url, error))
        return FOUND_ERROR;
    if (!plan->url.tls && !url_host_is_loopback(plan->url.host) &&
        str_find_word(hosts, str_from(plan->url.host)) == SIZE_MAX)
        return finding_of(configured_refuse(&from, "use https, or a loopback address",
                                            "is plain http, but none of: ", str_from(hosts),
                                            error));
    if (file != NULL)
        return finding_of(token_file_read(str_from(file), plan, error));
    return finding_of(token == NULL ||
                      set_token(str_from(token), "AWS_CONTAINER_AUTHORIZATION_TOKEN", plan, error));
}

static enum finding find_imds(const struct profile *profile, bool version_1,
                              struct credential_plan *plan, struct error *error)
{
    char origin[CONFIGURED_ORIGIN_SIZE];
    struct configured endpoint =
        configured_get("AWS_EC2_METADATA_SERVICE_ENDPOINT", profile, KEY_IMDS_ENDPOINT);
    struct configured mode =
        configured_get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", profile, KEY_IMDS_ENDPOINT_MODE);
    size_t family = mode.text.length == 0 ? 0 : str_find_word("IPv4 IPv6", mode.text);
    bool off = false;
    if (!configured_flag("AWS_EC2_METADATA_DISABLED", profile, PROFILE_KEYS, &off, error))
        return FOUND_ERROR;
    if (off)
        return lacks(error, "AWS_EC2_METADATA_DISABLED is true");
    if (family > 1)
        return finding_of(
            configured_refuse(&mode, "", "must be \"IPv4\" or \"IPv6\"", STR(""), error));
    configured_origin(&endpoint, origin);
    if (endpoint.text.length == 0)
        endpoint.text = str_word("http://169.254.169.254/ http://[fd00:ec2::254]/", family);
    if (!url_parse(endpoint.text, origin, &plan->url, error) ||
        !configured_flag("AWS_EC2_METADATA_V1_DISABLED", profile, KEY_IMDS_V1_DISABLED, &off,
                         error))
        return FOUND_ERROR;
    plan->imds_v1 = version_1 && !off;
    return FOUND_PLAN;
}

static enum finding look_in(enum credential_place place, const struct config *config,
                            const struct profile *profile, struct credential_plan *plan,
                            struct error *error)
{
    switch (place) {
    case PLACE_ENVIRONMENT:
        return find_keys(plan, error);
    case PLACE_WEB_IDENTITY:
        return find_web_identity(plan, error);
    case PLACE_CONTAINER:
        return find_container(plan, error);
    default:
        return find_imds(profile, config->imds_v1, plan, error);
    }
}

enum finding variables_find(enum credential_place place, const struct config *config,
                            const struct profile *profile, struct credential_plan *plan,
                            struct error *error)
{
    static const struct {
        enum credential_source source;
        const char *name;
    } sources[] = {
        [PLACE_ENVIRONMENT] = {SOURCE_KEYS, "the environment"},
        [PLACE_WEB_IDENTITY] = {SOURCE_WEB_IDENTITY, "the token of AWS_WEB_IDENTITY_TOKEN_FILE"},
        [PLACE_CONTAINER] = {SOURCE_CONTAINER, "the container's credentials endpoint"},
        [PLACE_IMDS] = {SOURCE_IMDS, "instance metadata"},
    };
    enum finding finding = look_in(place, config, profile, plan, error);
    if (finding == FOUND_PLAN) {
        plan->source = sources[place].source;
        format_text(plan->name, sizeof plan->name, "%s", sources[place].name);
    }
    return finding;
}

#include "aws/credentials/roles_anywhere.h"

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/json.h"
#include "base/who_may_write.h"
#include "config/arn.h"
#include "crypto/crypto.h"
#include "pki/private_key.h"

enum { LONGEST_QUERY = 4 * 1024, LONGEST_BODY = 256 };

#define ADVICE_DENIED                                                                              \
    "in IAM Roles Anywhere, trust anchor and profile must be enabled, the anchor's authority "     \
    "have issued the certificate, and the profile list the role; the role must trust "             \
    "rolesanywhere.amazonaws.com"
#define ADVICE_ARNS "check trust_anchor_arn, profile_arn and role_arn under edge.roles_anywhere"

/* --- files ------------------------------------------------------------------------------------ */

static bool read_secret_file(const char *path, const char *what, struct buf *text,
                             struct error *error)
{
    mode_t mode = 0;
    if (!protected_file_read(path, what, text, &mode, error))
        return false;
    if ((mode & S_IROTH) == 0)
        return true;
    error_set(error, ERROR_CONFIGURATION, "the %s %s can be read by everybody", what, path);
    return error_advise(error, "run: chmod o-rwx %s", path);
}

/* Reads a passphrase: the file's first line. */
static bool read_passphrase(const char *path, struct buf *passphrase, struct error *error)
{
    struct str rest;
    struct str line = {0};
    if (!read_secret_file(path, "passphrase file", passphrase, error))
        return false;
    rest = buf_str(passphrase);
    str_next_line(&rest, &line);
    passphrase->length = line.length;
    return line.length > 0 ||
           error_refuse(error, ERROR_CONFIGURATION, "put the passphrase into its first line",
                        "the passphrase file %s is empty", path);
}

bool roles_anywhere_load(const struct roles_anywhere_config *config, struct credential_plan *plan,
                         struct error *error)
{
    plan->source = SOURCE_ROLES_ANYWHERE;
    plan->certificates = BUF(LIMIT_DEVICE_CERTIFICATE);
    plan->private_key = BUF_SECRET(LIMIT_DEVICE_CERTIFICATE);
    plan->passphrase = BUF_SECRET(LIMIT_PASSPHRASE);
    credential_plan_note_file(plan, config->certificate);
    credential_plan_note_file(plan, config->private_key);
    if (config->private_key_passphrase_file != NULL)
        credential_plan_note_file(plan, config->private_key_passphrase_file);
    if (!protected_file_read(config->certificate, "certificate", &plan->certificates, NULL,
                             error) ||
        !read_secret_file(config->private_key, "private key", &plan->private_key, error) ||
        (config->private_key_passphrase_file != NULL &&
         !read_passphrase(config->private_key_passphrase_file, &plan->passphrase, error)))
        return error_context(error, "edge.roles_anywhere");
    format_text(plan->name, sizeof plan->name, "IAM Roles Anywhere, certificate %s",
                config->certificate);
    return true;
}

bool roles_anywhere_judge(const struct roles_anywhere_config *config, struct credential_plan *plan,
                          struct identity *identity, struct error *error)
{
    if (plan->source != SOURCE_ROLES_ANYWHERE)
        return true;
    if (!crypto_start()) /* in a worker it has been */
        return error_no_memory(error);
    identity->key = BUF_SECRET(LIMIT_DEVICE_CERTIFICATE);
    bool sound = private_key_read(buf_str(&plan->private_key), config->private_key,
                                  buf_str(&plan->passphrase), &identity->key, error) &&
                 identity_read(buf_str(&plan->certificates), config->certificate, clock_now(),
                               identity, error);
    buf_free(&plan->private_key);
    buf_free(&plan->passphrase);
    return sound || error_context(error, "edge.roles_anywhere");
}

/* --- CreateSession ---------------------------------------------------------------------------- */

bool roles_anywhere_prepare(const struct roles_anywhere_config *config,
                            const struct aws_settings *settings, const char *https_proxy,
                            struct aws_client *client, struct error *error)
{
    struct arn anchor;
    if (!arn_split(str_from(config->trust_anchor_arn), &anchor) ||
        !aws_client_prepare(client, settings, SERVICE_ROLES_ANYWHERE, anchor.partition,
                            anchor.region, https_proxy, error))
        return false;
    char *path = client->url.path;
    size_t length = strlen(path);
    if (path[length - 1] == '/')
        length--;
    format_text(path + length, sizeof client->url.path - length, "/sessions");
    return true;
}

static void append_query(struct buf *query, const char *name, const char *value)
{
    buf_format(query, "%s%s=", query->length > 0 ? "&" : "", name);
    uri_encode(str_from(value), STR(""), query);
}

static bool refuse_reply(struct error *error)
{
    return error_refuse(error, ERROR_TRANSIENT,
                        "check that the endpoint is AWS's; it is tried again",
                        "the reply to CreateSession lacks a key, its token or its expiration");
}

bool roles_anywhere_read_reply(struct str body, const char *role_arn, struct credentials *session,
                               struct error *error)
{
    static const char *const names[] = {"accessKeyId", "secretAccessKey", "sessionToken",
                                        "expiration"};
    JSON_AUTO struct json *document = json_parse(body, "the reply to CreateSession", error);
    const struct json *values =
        json_member(json_first(json_member(document, "credentialSet")), "credentials");
    struct str texts[4];
    if (document == NULL)
        return false;
    for (size_t i = 0; i < 4; i++)
        if (!json_string(json_member(values, names[i]), &texts[i]) || texts[i].length == 0)
            return refuse_reply(error);
    if (!clock_parse_iso8601(texts[3], &session->expiration))
        return refuse_reply(error);
    format_text(session->source, sizeof session->source, "IAM Roles Anywhere, role %s", role_arn);
    if (credentials_set(session, texts[0], texts[1], texts[2], "the reply", error))
        return true;
    error->kind = ERROR_TRANSIENT;
    return false;
}

/* Replaces the advice that aws_failure_to_error has for the same codes of STS and ACM. */
static bool explain_refusal(const struct roles_anywhere_config *config, bool has_session_name,
                            struct error *error)
{
    struct str message = str_from(error->message);
    if (str_starts_with(message, STR("AccessDenied")))
        error_advise(error, "%s%s", ADVICE_DENIED,
                     has_session_name ? "; session_name needs a profile that accepts it" : "");
    else if (str_starts_with(message, STR("ResourceNotFound")) ||
             str_starts_with(message, STR("Validation")))
        error_advise(error, "%s", ADVICE_ARNS);
    return error_context(error, "IAM Roles Anywhere gives no session of %s for the certificate %s",
                         config->role_arn, config->certificate);
}

bool roles_anywhere_create_session(struct aws_client *client,
                                   const struct roles_anywhere_config *config,
                                   const struct identity *identity, const char *session_name,
                                   uint32_t duration_seconds, struct credentials *session,
                                   struct error *error)
{
    struct http_response response = {0};
    BUF_AUTO struct buf query = BUF(LONGEST_QUERY);
    BUF_AUTO struct buf body = BUF(LONGEST_BODY);
    append_query(&query, "profileArn", config->profile_arn);
    append_query(&query, "roleArn", config->role_arn);
    append_query(&query, "trustAnchorArn", config->trust_anchor_arn);
    buf_format(&body, "{\"durationSeconds\":%u", (unsigned)duration_seconds);
    if (session_name != NULL)
        buf_format(&body, ",\"roleSessionName\":\"%s\"", session_name);
    buf_append(&body, STR("}"));
    const struct aws_call call = {
        .query = buf_str(&query),
        .content_type = STR("application/json"),
        .identity = identity,
        .body = buf_str(&body),
        .reply_limit = LIMIT_STS_BODY,
    };
    bool done =
        aws_client_call(client, NULL, &call, &response, error) &&
        roles_anywhere_read_reply(buf_str(&response.body), config->role_arn, session, error);
    http_response_free(&response);
    return done || explain_refusal(config, session_name != NULL, error);
}

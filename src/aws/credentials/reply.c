#include "aws/credentials/reply.h"

#include "aws/aws_error.h"
#include "base/clock.h"
#include "base/json.h"

static bool refuse_reply(const char *what, const char *wrong, struct error *error)
{
    return error_set(error, ERROR_TRANSIENT, "%s %s", what, wrong);
}

/* A reply with status 200 can say that there are no credentials. */
static bool check_code(const struct json *document, struct str body, struct error *error)
{
    struct aws_failure failure;
    struct str code;
    if (!json_string(json_member(document, "Code"), &code) || str_equal(code, STR("Success")))
        return true;
    aws_failure_read(200, STR(""), body, &failure);
    aws_failure_to_error(&failure, error);
    if (error->kind == ERROR_PERMANENT) /* a code that is not known, as of a role just attached */
        error->kind = ERROR_TRANSIENT;
    return false;
}

static bool read_expiration(const struct json *document, const char *what, int64_t *expiration,
                            struct error *error)
{
    struct str text;
    const struct json *value = json_member(document, "Expiration");
    *expiration = 0;
    return value == NULL || (json_string(value, &text) && clock_parse_iso8601(text, expiration)) ||
           refuse_reply(what, "has an Expiration that is no time such as 2030-01-31T12:00:00Z",
                        error);
}

static bool set_values(const struct json *document, enum credential_reply form, const char *what,
                       struct credentials *credentials, struct error *error)
{
    struct str id;
    struct str secret;
    struct str token = STR("");
    const struct json *session =
        json_member(document, form == REPLY_OF_PROCESS ? "SessionToken" : "Token");
    if (!json_string(json_member(document, "AccessKeyId"), &id) ||
        !json_string(json_member(document, "SecretAccessKey"), &secret))
        return refuse_reply(what, "has no AccessKeyId or no SecretAccessKey", error);
    if (session != NULL && !json_string(session, &token))
        return refuse_reply(what, "has a session token that is no text", error);
    if (credentials_set(credentials, id, secret, token, what, error))
        return true;
    error->kind = ERROR_TRANSIENT;
    return error_advise(error, "%s", "");
}

bool credential_reply_read(struct str body, enum credential_reply form, const char *what,
                           struct credentials *credentials, struct error *error)
{
    int64_t version = 0;
    JSON_AUTO struct json *document = json_parse(body, what, error);
    if (document == NULL)
        return false;
    if (form == REPLY_OF_ENDPOINT && !check_code(document, body, error))
        return false;
    if (form == REPLY_OF_PROCESS &&
        (!json_integer(json_member(document, "Version"), &version) || version != 1))
        return refuse_reply(what, "has no \"Version\": 1", error);
    return read_expiration(document, what, &credentials->expiration, error) &&
           set_values(document, form, what, credentials, error);
}

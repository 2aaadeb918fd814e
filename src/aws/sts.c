#include "aws/sts.h"

#include "aws/sigv4.h"
#include "aws/xml.h"
#include "base/format.h"
#include "base/json.h"
#include "base/limits.h"

#define ROLE_SESSION_NAME "certificate-manager-provider"

/* A token of LIMIT_CREDENTIAL_VALUE, most of whose bytes need no encoding, and the rest. */
enum { LONGEST_BODY = 2 * LIMIT_CREDENTIAL_VALUE };

/* The values in a reply. */
enum { ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, EXPIRATION, PARTS };
static const char *const part_names[PARTS] = {"AccessKeyId", "SecretAccessKey", "SessionToken",
                                              "Expiration"};

struct reply {
    struct buf texts[PARTS]; /* the text of EXPIRATION is empty for JSON, which has a number */
    int64_t expiration;
};

#define ADVICE_ENDPOINT "check that the endpoint is AWS's; it is tried again"

/* The names of the elements around the values in the reply to an action. */
enum { RESPONSE, RESULT, CREDENTIALS, OUTER };
typedef char outer_names[OUTER][48];

static void name_outer(const char *action, outer_names names)
{
    format_text(names[RESPONSE], sizeof names[0], "%sResponse", action);
    format_text(names[RESULT], sizeof names[0], "%sResult", action);
    format_text(names[CREDENTIALS], sizeof names[0], "Credentials");
}

static bool refuse_incomplete(struct error *error)
{
    return error_refuse(error, ERROR_TRANSIENT, ADVICE_ENDPOINT,
                        "the reply to AssumeRole lacks AccessKeyId, SecretAccessKey, SessionToken "
                        "or Expiration");
}

static bool read_sts_json(struct str body, outer_names outer, struct reply *reply,
                          struct error *error)
{
    JSON_AUTO struct json *document = json_parse(body, "the reply to AssumeRole", error);
    const struct json *values = document;
    struct str text;
    for (size_t i = 0; i < OUTER; i++)
        values = json_member(values, outer[i]);
    if (document == NULL) {
        if (error->kind == ERROR_TRANSIENT)
            error_advise(error, "%s", ADVICE_ENDPOINT);
        return false;
    }
    for (size_t i = 0; i < EXPIRATION; i++) {
        if (!json_string(json_member(values, part_names[i]), &text))
            return refuse_incomplete(error);
        if (!buf_append(&reply->texts[i], text))
            return error_no_memory(error);
    }
    return json_integer(json_member(values, part_names[EXPIRATION]), &reply->expiration) ||
           refuse_incomplete(error);
}

/* False without an error when a part is missing. */
static bool read_sts_xml(struct str body, outer_names outer, struct reply *reply)
{
    struct str text;
    for (size_t i = 0; i < OUTER; i++)
        if (!xml_element(body, str_from(outer[i]), &body))
            return false;
    for (size_t i = 0; i < PARTS; i++)
        if (!xml_element(body, str_from(part_names[i]), &text) || !xml_text(text, &reply->texts[i]))
            return false;
    return clock_parse_iso8601(str_trim(buf_str(&reply->texts[EXPIRATION])), &reply->expiration);
}

static bool set_session(const struct reply *reply, const char *role_arn,
                        struct credentials *session, struct error *error)
{
    if (reply->texts[SESSION_TOKEN].length == 0)
        return error_set(error, ERROR_TRANSIENT, "the reply has no session token");
    format_text(session->source, sizeof session->source, "role %s", role_arn);
    session->expiration = reply->expiration;
    if (credentials_set(session, buf_str(&reply->texts[ACCESS_KEY_ID]),
                        buf_str(&reply->texts[SECRET_ACCESS_KEY]),
                        buf_str(&reply->texts[SESSION_TOKEN]), "the reply", error))
        return true;
    error->kind = ERROR_TRANSIENT;
    return error_advise(error, "%s", ADVICE_ENDPOINT);
}

bool sts_read_reply(struct str body, const char *action, const char *role_arn,
                    struct credentials *session, struct error *error)
{
    struct reply reply;
    outer_names outer;
    name_outer(action, outer);
    for (size_t i = 0; i < PARTS; i++)
        reply.texts[i] = BUF_SECRET(LIMIT_STS_BODY);
    bool is_json = str_starts_with(str_trim(body), STR("{"));
    bool done = is_json ? read_sts_json(body, outer, &reply, error)
                        : read_sts_xml(body, outer, &reply) || refuse_incomplete(error);
    done = done && set_session(&reply, role_arn, session, error);
    for (size_t i = 0; i < PARTS; i++)
        buf_free(&reply.texts[i]);
    return done;
}

static void append_parameter(struct buf *body, const char *name, struct str value)
{
    if (value.length == 0)
        return;
    buf_format(body, "&%s=", name);
    uri_encode(value, STR(""), body);
}

static void append_request(const struct role_request *request, const char *action, struct buf *body)
{
    buf_format(body, "Action=%s&Version=2011-06-15", action);
    append_parameter(body, "RoleArn", str_from(request->role_arn));
    append_parameter(
        body, "RoleSessionName",
        str_from(request->session_name != NULL ? request->session_name : ROLE_SESSION_NAME));
    append_parameter(body, "ExternalId", str_from(request->external_id));
    append_parameter(body, "WebIdentityToken", request->web_identity);
    if (request->duration_seconds > 0)
        buf_format(body, "&DurationSeconds=%u", (unsigned)request->duration_seconds);
}

bool sts_assume_role(struct aws_client *sts, const struct credentials *credentials,
                     const struct role_request *request, struct credentials *session,
                     struct error *error)
{
    struct http_response response = {0};
    BUF_AUTO struct buf body = BUF_SECRET(LONGEST_BODY);
    const char *action = credentials != NULL ? "AssumeRole" : "AssumeRoleWithWebIdentity";
    append_request(request, action, &body);
    const struct aws_call call = {
        .content_type = STR("application/x-www-form-urlencoded; charset=utf-8"),
        .accept = STR("application/json"),
        .body = buf_str(&body),
        .reply_limit = LIMIT_STS_BODY,
    };
    bool done = (!body.failed || error_no_memory(error)) &&
                aws_client_call(sts, credentials, &call, &response, error) &&
                sts_read_reply(buf_str(&response.body), action, request->role_arn, session, error);
    http_response_free(&response);
    if (done)
        return true;
    return error_context(error, "the role %s cannot be assumed with %s%s", request->role_arn,
                         credentials != NULL ? "the credentials from " : "a web identity token",
                         credentials != NULL ? credentials->source : "");
}

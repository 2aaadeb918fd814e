#include "aws/sts.h"

#include "aws/sigv4.h"
#include "aws/xml.h"
#include "base/format.h"
#include "base/json.h"
#include "base/limits.h"

#define ROLE_SESSION_NAME "certificate-manager-provider"

/* The values of a reply: borrowed from JSON, or decoded from XML into the buffers. */
struct reply {
    struct str access_key_id;
    struct str secret_access_key;
    struct str session_token;
    int64_t expiration;
};

static bool read_json(const struct json *document, struct reply *reply)
{
    const struct json *result =
        json_member(json_member(document, "AssumeRoleResponse"), "AssumeRoleResult");
    const struct json *values = json_member(result, "Credentials");
    return json_string(json_member(values, "AccessKeyId"), &reply->access_key_id) &&
           json_string(json_member(values, "SecretAccessKey"), &reply->secret_access_key) &&
           json_string(json_member(values, "SessionToken"), &reply->session_token) &&
           json_integer(json_member(values, "Expiration"), &reply->expiration);
}

/* The text of one element of Credentials, appended to `texts`; `text` is a place in it that later
 * growth may move. */
static bool xml_value(struct str values, struct str name, struct buf *out)
{
    struct str inner;
    return xml_element(values, name, &inner) && xml_text(inner, out);
}

static bool read_xml(struct str body, struct buf texts[4], struct reply *reply)
{
    struct str response;
    struct str result;
    struct str values;
    if (!xml_element(body, STR("AssumeRoleResponse"), &response) ||
        !xml_element(response, STR("AssumeRoleResult"), &result) ||
        !xml_element(result, STR("Credentials"), &values) ||
        !xml_value(values, STR("AccessKeyId"), &texts[0]) ||
        !xml_value(values, STR("SecretAccessKey"), &texts[1]) ||
        !xml_value(values, STR("SessionToken"), &texts[2]) ||
        !xml_value(values, STR("Expiration"), &texts[3]))
        return false;
    reply->access_key_id = buf_str(&texts[0]);
    reply->secret_access_key = buf_str(&texts[1]);
    reply->session_token = buf_str(&texts[2]);
    return clock_parse_iso8601(str_trim(buf_str(&texts[3])), &reply->expiration);
}

static bool keep(const struct reply *reply, const char *role_arn, struct credentials *session,
                 struct error *error)
{
    if (reply->session_token.length == 0)
        return error_set(error, ERROR_TRANSIENT, "the reply has no session token");
    format_text(session->source, sizeof session->source, "role %s", role_arn);
    session->expiration = reply->expiration;
    if (credentials_set(session, reply->access_key_id, reply->secret_access_key,
                        reply->session_token, "the reply", error))
        return true;
    error->kind = ERROR_TRANSIENT;
    return error_advise(error, "check that the endpoint is AWS's; it is tried again");
}

bool sts_read_reply(struct str body, const char *role_arn, struct credentials *session,
                    struct error *error)
{
    struct buf texts[4];
    struct reply reply = {0};
    JSON_AUTO struct json *document = json_parse(body);
    for (size_t i = 0; i < 4; i++)
        texts[i] = BUF_SECRET(LIMIT_CREDENTIAL_VALUE);
    bool done = read_json(document, &reply) || read_xml(body, texts, &reply);
    if (!done) {
        error_set(error, ERROR_TRANSIENT,
                  "the reply to AssumeRole lacks AccessKeyId, SecretAccessKey, SessionToken or "
                  "Expiration");
        error_advise(error, "check that the endpoint is AWS's; it is tried again");
    }
    done = done && keep(&reply, role_arn, session, error);
    for (size_t i = 0; i < 4; i++)
        buf_free(&texts[i]);
    return done;
}

bool sts_assume_role(struct aws_client *sts, const struct credentials *credentials,
                     const char *role_arn, struct credentials *session, struct error *error)
{
    struct http_response response = {0};
    BUF_AUTO struct buf body = BUF(8 * 1024);
    buf_append(&body, STR("Action=AssumeRole&Version=2011-06-15&RoleArn="));
    uri_encode(str_from(role_arn), STR(""), &body);
    buf_append(&body, STR("&RoleSessionName=" ROLE_SESSION_NAME));
    const struct aws_call call = {
        .content_type = STR("application/x-www-form-urlencoded; charset=utf-8"),
        .accept = STR("application/json"),
        .body = buf_str(&body),
        .reply_limit = LIMIT_STS_BODY,
    };
    bool done = aws_client_call(sts, credentials, &call, &response, error) &&
                sts_read_reply(buf_str(&response.body), role_arn, session, error);
    http_response_free(&response);
    if (done)
        return true;
    return error_context(error, "the role %s cannot be assumed with the credentials from %s",
                         role_arn, credentials->source);
}

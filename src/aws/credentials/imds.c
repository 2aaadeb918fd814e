#include "aws/credentials/imds.h"

#include "aws/credentials/reply.h"
#include "base/format.h"
#include "base/log.h"

#define ROLES "/latest/meta-data/iam/security-credentials/"

/* The longest role name of IAM has 64 bytes. */
enum { LONGEST_TOKEN = 1024, ROLE_SIZE = 65 };

#define ADVICE_UNREACHABLE                                                                         \
    "outside of EC2, name a credentials_file under [edge], or another source, and leave \"imds\" " \
    "out of credentials; in a container on EC2, set the instance's metadata hop limit to 2"
#define ADVICE_REFUSED                                                                             \
    "enable the instance's metadata, version 2; where only version 1 exists, set imds_v1 = true "  \
    "under [edge]"
#define ADVICE_PROFILE "attach an instance profile with a role to this instance; it is tried again"

/* Where a service is asked, and its last reply. */
struct imds {
    struct aws_client *client;
    struct buf token; /* empty: version 1 */
    struct http_response response;
};

static bool ask(struct imds *imds, const char *method, const char *path, const char *header,
                struct str value, struct error *error)
{
    const struct metadata_request request = {
        method, path, {str_from(header), value}, LIMIT_IMDS_MS};
    bool answered = metadata_ask(imds->client, &request, &imds->response, error);
    if (!answered && error->kind == ERROR_TRANSIENT)
        error_advise(error, ADVICE_UNREACHABLE);
    return answered;
}

static bool get(struct imds *imds, const char *path, struct error *error)
{
    return ask(imds, "GET", path, "X-aws-ec2-metadata-token", buf_str(&imds->token), error);
}

static bool refuse_text(const char *what, struct error *error)
{
    return error_refuse(error, ERROR_PERMANENT, "check what answers at that address",
                        "what it gives as %s is none", what);
}

/* True for one word of printable ASCII, as it goes into a header. */
static bool is_word(struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return text.length > 0;
}

/* False, with `*version_1` when the service may be one that knows no tokens. */
static bool get_token(struct imds *imds, bool *version_1, struct error *error)
{
    if (!ask(imds, "PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", STR("21600"),
             error)) {
        *version_1 = true;
        return false;
    }
    unsigned status = imds->response.status;
    *version_1 = status == 403 || status == 404 || status == 405;
    if (status != 200)
        return metadata_refuse(&imds->response, ADVICE_REFUSED, error);
    struct str text = str_trim(buf_str(&imds->response.body));
    return (is_word(text) && buf_append(&imds->token, text)) || refuse_text("a token", error);
}

static bool get_role(struct imds *imds, char role[ROLE_SIZE], struct error *error)
{
    if (!get(imds, ROLES, error))
        return false;
    struct str text = str_trim(buf_str(&imds->response.body));
    unsigned status = imds->response.status;
    if (status == 404 || (status == 200 && text.length == 0))
        return error_refuse(error, ERROR_TRANSIENT, ADVICE_PROFILE,
                            "the instance has no instance profile");
    if (status != 200)
        return metadata_refuse(&imds->response, ADVICE_REFUSED, error);
    format_text(role, ROLE_SIZE, "%.*s", (int)text.length, text.data);
    return (text.length < ROLE_SIZE && str_consists_of(text, STR("+=,.@_-"))) ||
           refuse_text("the name of a role", error);
}

static bool get_credentials(struct imds *imds, const char *role, struct credentials *credentials,
                            struct error *error)
{
    char path[sizeof ROLES + ROLE_SIZE];
    format_text(path, sizeof path, ROLES "%s", role);
    if (!get(imds, path, error))
        return false;
    if (imds->response.status != 200) {
        metadata_refuse(&imds->response, ADVICE_PROFILE, error);
        if (imds->response.status == 404) /* the role is there: they come in a moment */
            error->kind = ERROR_TRANSIENT;
        return false;
    }
    return credential_reply_read(buf_str(&imds->response.body), REPLY_OF_ENDPOINT, "its reply",
                                 credentials, error) ||
           error_advise(error, "check the trust policy and the instance profile of role %s", role);
}

static bool obtain(struct imds *imds, const struct credential_plan *plan,
                   struct credentials *credentials, struct error *error)
{
    char role[ROLE_SIZE];
    bool version_1 = false;
    if (!get_token(imds, &version_1, error)) {
        if (!version_1 || !plan->imds_v1)
            return false;
        log_info("Instance metadata gives no token (%s); it is asked without one (version 1)",
                 error->message);
    }
    if (!get_role(imds, role, error) || !get_credentials(imds, role, credentials, error))
        return false;
    format_text(credentials->source, sizeof credentials->source, "%.200s (role %s)", plan->name,
                role);
    return true;
}

bool imds_obtain(struct aws_client *client, const struct credential_plan *plan,
                 struct credentials *credentials, struct error *error)
{
    struct imds imds = {.client = client, .token = BUF_SECRET(LONGEST_TOKEN)};
    bool done = obtain(&imds, plan, credentials, error);
    buf_free(&imds.token);
    http_response_free(&imds.response);
    return done;
}

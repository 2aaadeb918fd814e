#include "aws/aws_error.h"

#include "aws/xml.h"
#include "base/format.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"

#include <string.h>

static void keep(char *out, size_t size, struct str text)
{
    size_t length =
        format_text(out, size, "%.*s", (int)str_take(text, LIMIT_SERVER_TEXT).length, text.data);
    make_printable(out, length);
}

/* "com.amazonaws.acm#ThrottlingException:http://…": what stands between '#' and ':'. */
static struct str bare_code(struct str code)
{
    code = str_take(code, str_index_of(code, ':'));
    size_t hash = str_index_of(code, '#');
    return hash == code.length ? code : str_skip(code, hash + 1);
}

static void read_json(struct str body, struct aws_failure *failure)
{
    JSON_AUTO struct json *document = json_parse(body);
    const struct json *inner = json_member(document, "Error");
    const struct json *place = inner != NULL ? inner : document;
    struct str text;
    if (json_string(json_member(place, inner != NULL ? "Code" : "__type"), &text))
        keep(failure->code, sizeof failure->code, bare_code(text));
    if (json_string(json_member(place, "message"), &text) ||
        json_string(json_member(place, "Message"), &text))
        keep(failure->message, sizeof failure->message, text);
}

static void read_xml(struct str body, struct aws_failure *failure)
{
    BUF_AUTO struct buf text = BUF(LIMIT_ACM_BODY);
    struct str inner;
    if (xml_element(body, STR("Code"), &inner) && xml_text(inner, &text))
        keep(failure->code, sizeof failure->code, bare_code(buf_str(&text)));
    buf_clear(&text);
    if (xml_element(body, STR("Message"), &inner) && xml_text(inner, &text))
        keep(failure->message, sizeof failure->message, buf_str(&text));
}

void aws_failure_read(unsigned status, struct str type_header, struct str body,
                      struct aws_failure *failure)
{
    *failure = (struct aws_failure){.status = status};
    body = str_trim(body);
    if (body.length > 0 && body.data[0] == '{')
        read_json(body, failure);
    else if (body.length > 0 && body.data[0] == '<')
        read_xml(body, failure);
    if (failure->code[0] == '\0' && type_header.length > 0)
        keep(failure->code, sizeof failure->code, bare_code(type_header));
}

/* What is known about a code: its kind, and what a person can do. */
struct known_code {
    const char *code;
    enum error_kind kind;
    const char *advice;
};

#define ADVICE_KEYS                                                                                \
    "check access key id and secret access key in the credentials file; in IAM the key must be "   \
    "active"
#define ADVICE_PERMISSION                                                                          \
    "check the policies in IAM: the user needs sts:AssumeRole on the role, the role's trust "      \
    "policy must name the user, and the role needs acm:ExportCertificate on the certificate"
#define ADVICE_LATER "nothing to do now: it is tried again"

static const struct known_code known_codes[] = {
    {"ThrottlingException", ERROR_THROTTLED, ADVICE_LATER},
    {"Throttling", ERROR_THROTTLED, ADVICE_LATER},
    {"ThrottledException", ERROR_THROTTLED, ADVICE_LATER},
    {"RequestThrottled", ERROR_THROTTLED, ADVICE_LATER},
    {"RequestThrottledException", ERROR_THROTTLED, ADVICE_LATER},
    {"RequestLimitExceeded", ERROR_THROTTLED, ADVICE_LATER},
    {"TooManyRequestsException", ERROR_THROTTLED, ADVICE_LATER},
    {"LimitExceededException", ERROR_THROTTLED, ADVICE_LATER},
    {"SlowDown", ERROR_THROTTLED, ADVICE_LATER},
    {"RequestInProgressException", ERROR_TRANSIENT,
     "the certificate is being issued or renewed; it is tried again"},
    {"InternalFailure", ERROR_TRANSIENT, ADVICE_LATER},
    {"InternalServerError", ERROR_TRANSIENT, ADVICE_LATER},
    {"ServiceUnavailable", ERROR_TRANSIENT, ADVICE_LATER},
    {"ServiceUnavailableException", ERROR_TRANSIENT, ADVICE_LATER},
    {"IDPCommunicationError", ERROR_TRANSIENT, ADVICE_LATER},
    {"AccessDenied", ERROR_DENIED, ADVICE_PERMISSION},
    {"AccessDeniedException", ERROR_DENIED, ADVICE_PERMISSION},
    {"UnauthorizedOperation", ERROR_DENIED, ADVICE_PERMISSION},
    {"OptInRequired", ERROR_DENIED, "subscribe the account to the service and region"},
    {"ExpiredToken", ERROR_DENIED, "replace the session credentials: they have expired"},
    {"ExpiredTokenException", ERROR_DENIED, "replace the session credentials: they have expired"},
    {"InvalidClientTokenId", ERROR_DENIED, ADVICE_KEYS},
    {"UnrecognizedClientException", ERROR_DENIED, ADVICE_KEYS},
    {"InvalidAccessKeyId", ERROR_DENIED, ADVICE_KEYS},
    {"SignatureDoesNotMatch", ERROR_DENIED, ADVICE_KEYS},
    {"InvalidSignatureException", ERROR_DENIED, ADVICE_KEYS},
    {"IncompleteSignature", ERROR_DENIED, ADVICE_KEYS},
    {"AuthFailure", ERROR_DENIED, ADVICE_KEYS},
    {"MissingAuthenticationToken", ERROR_DENIED, ADVICE_KEYS},
    {"RequestTimeTooSkewed", ERROR_TRANSIENT, "set the clock (date -u shows it)"},
    {"RequestExpired", ERROR_TRANSIENT, "set the clock (date -u shows it)"},
    {"RequestInTheFuture", ERROR_TRANSIENT, "set the clock (date -u shows it)"},
    {"RegionDisabledException", ERROR_DENIED, "activate STS in that region, or set edge.region"},
    {"ResourceNotFoundException", ERROR_PERMANENT,
     "check certificate_arn: account, region and id must be those of an existing certificate"},
    {"InvalidArnException", ERROR_PERMANENT, "check certificate_arn in the configuration"},
    {"ValidationException", ERROR_PERMANENT,
     "check in ACM that the certificate is exportable: a private one, or a public one requested "
     "with export enabled"},
    {"ValidationError", ERROR_PERMANENT, "check role_arn in the configuration"},
};

static const struct known_code *find(const char *code)
{
    for (size_t i = 0; i < sizeof known_codes / sizeof known_codes[0]; i++)
        if (strcmp(code, known_codes[i].code) == 0)
            return &known_codes[i];
    return NULL;
}

/* Just issued or just renewed: ACM says so with a validation error. */
static bool is_not_ready_yet(const struct aws_failure *failure)
{
    return strstr(failure->message, "must have at least one relation of type EXPORT") != NULL;
}

enum error_kind aws_failure_kind(const struct aws_failure *failure)
{
    const struct known_code *known = find(failure->code);
    if (is_not_ready_yet(failure))
        return ERROR_TRANSIENT;
    if (known != NULL)
        return known->kind;
    if (failure->status == 429)
        return ERROR_THROTTLED;
    if (failure->status >= 500 || failure->status == 408)
        return ERROR_TRANSIENT;
    return failure->status == 401 || failure->status == 403 ? ERROR_DENIED : ERROR_PERMANENT;
}

bool aws_failure_may_be_clock_skew(const struct aws_failure *failure)
{
    static const char *const codes[] = {
        "RequestTimeTooSkewed",  "RequestExpired", "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",    "RequestInTheFuture"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(failure->code, codes[i]) == 0)
            return true;
    return false;
}

bool aws_failure_to_error(const struct aws_failure *failure, struct error *error)
{
    const struct known_code *known = find(failure->code);
    enum error_kind kind = aws_failure_kind(failure);
    error_set(error, kind, "%s%s%s (HTTP %u)",
              failure->code[0] != '\0' ? failure->code : "the server answered with an error",
              failure->message[0] != '\0' ? ": " : "", failure->message, failure->status);
    if (is_not_ready_yet(failure))
        return error_advise(error,
                            "the certificate is not ready for export yet; it is tried again");
    if (known != NULL)
        return error_advise(error, "%s", known->advice);
    if (kind == ERROR_TRANSIENT || kind == ERROR_THROTTLED)
        return error_advise(error, ADVICE_LATER);
    return error_advise(error, "check that the endpoint is AWS's and not a proxy's own answer");
}

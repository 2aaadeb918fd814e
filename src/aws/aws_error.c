#include "aws/aws_error.h"

#include "aws/xml.h"
#include "base/format.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"

static void copy_printable(char *out, size_t size, struct str text)
{
    size_t length =
        format_text(out, size, "%.*s", (int)str_take(text, LIMIT_SERVER_TEXT).length, text.data);
    make_printable(out, length);
}

/* Returns the part between '#' and ':' in "com.amazonaws.acm#ThrottlingException:http://…". */
static struct str bare_code(struct str code)
{
    code = str_take(code, str_index_of(code, ':'));
    size_t hash = str_index_of(code, '#');
    return hash == code.length ? code : str_skip(code, hash + 1);
}

static void read_error_json(struct str body, struct aws_failure *failure)
{
    struct error ignored;
    JSON_AUTO struct json *document = json_parse(body, "the reply", &ignored);
    const struct json *inner = json_member(document, "Error");
    const struct json *place = inner != NULL ? inner : document;
    struct str text;
    if (json_string(json_member(place, "__type"), &text) ||
        json_string(json_member(place, "Code"), &text) ||
        json_string(json_member(place, "code"), &text))
        copy_printable(failure->code, sizeof failure->code, bare_code(text));
    if (json_string(json_member(place, "message"), &text) ||
        json_string(json_member(place, "Message"), &text))
        copy_printable(failure->message, sizeof failure->message, text);
}

static void read_error_xml(struct str body, struct aws_failure *failure)
{
    BUF_AUTO struct buf text = BUF(LIMIT_ACM_BODY);
    struct str inner;
    if (xml_element(body, STR("Code"), &inner) && xml_text(inner, &text))
        copy_printable(failure->code, sizeof failure->code, bare_code(buf_str(&text)));
    buf_clear(&text);
    if (xml_element(body, STR("Message"), &inner) && xml_text(inner, &text))
        copy_printable(failure->message, sizeof failure->message, buf_str(&text));
}

void aws_failure_read(unsigned status, struct str type_header, struct str body,
                      struct aws_failure *failure)
{
    *failure = (struct aws_failure){.status = status};
    body = str_trim(body);
    if (body.length > 0 && body.data[0] == '{')
        read_error_json(body, failure);
    else if (body.length > 0 && body.data[0] == '<')
        read_error_xml(body, failure);
    if (failure->code[0] == '\0' && type_header.length > 0)
        copy_printable(failure->code, sizeof failure->code, bare_code(type_header));
}

/* Error codes of one kind, with the advice for them. */
struct known_codes {
    const char *codes; /* separated by spaces, without the "Exception" that many end with */
    const char *advice;
    enum error_kind kind;
};

#define ADVICE_KEYS                                                                                \
    "check access key id and secret access key in the credentials file; the key must be active "   \
    "in IAM"
#define ADVICE_PERMISSION                                                                          \
    "check the policies in IAM: the user needs sts:AssumeRole on the role, the role's trust "      \
    "policy must name the user, and the role needs acm:ExportCertificate on the certificate"
#define ADVICE_LATER "nothing to do now: it is tried again"

static const struct known_codes known_codes_table[] = {
    {"Throttling Throttled RequestThrottled RequestLimitExceeded TooManyRequests LimitExceeded "
     "SlowDown",
     ADVICE_LATER, ERROR_THROTTLED},
    {"InternalFailure InternalServerError ServiceUnavailable IDPCommunicationError", ADVICE_LATER,
     ERROR_TRANSIENT},
    {"RequestInProgress", "the certificate is being issued or renewed; it is tried again",
     ERROR_TRANSIENT},
    {"AccessDenied UnauthorizedOperation", ADVICE_PERMISSION, ERROR_DENIED},
    {"OptInRequired", "subscribe the account to the service and region", ERROR_DENIED},
    {"ExpiredToken", "replace the session credentials: they have expired", ERROR_DENIED},
    {"InvalidClientTokenId UnrecognizedClient InvalidAccessKeyId SignatureDoesNotMatch "
     "InvalidSignature IncompleteSignature AuthFailure MissingAuthenticationToken",
     ADVICE_KEYS, ERROR_DENIED},
    {"RequestTimeTooSkewed RequestExpired RequestInTheFuture", "set the clock (date -u shows it)",
     ERROR_TRANSIENT},
    {"RegionDisabled", "activate STS in that region, or set edge.region", ERROR_DENIED},
    {"ResourceNotFound",
     "check certificate_arn: account, region and id must be those of an existing certificate",
     ERROR_PERMANENT},
    {"InvalidArn", "check certificate_arn in the configuration", ERROR_PERMANENT},
    {"Validation",
     "check in ACM that the certificate is exportable: a private one, or a public one requested "
     "with export enabled",
     ERROR_PERMANENT},
    {"ValidationError", "check role_arn in the configuration", ERROR_PERMANENT},
};

static bool is_listed(const char *code, const char *list)
{
    struct str bare = str_from(code);
    struct str rest = str_from(list);
    struct str each;
    if (str_ends_with(bare, STR("Exception")))
        bare.length -= sizeof "Exception" - 1;
    while (str_next(&rest, ' ', &each))
        if (str_equal(each, bare))
            return true;
    return false;
}

/* Returns the kind of a failure, and sets the advice for it. */
static enum error_kind classify_failure(const struct aws_failure *failure, const char **advice)
{
    /* ACM reports a certificate that was just issued or renewed with a validation error. */
    *advice = "the certificate is not ready for export yet; it is tried again";
    struct str message = str_from(failure->message);
    if (str_search(message, STR("must have at least one relation of type EXPORT")) < message.length)
        return ERROR_TRANSIENT;
    for (size_t i = 0; i < sizeof known_codes_table / sizeof known_codes_table[0]; i++) {
        *advice = known_codes_table[i].advice;
        if (is_listed(failure->code, known_codes_table[i].codes))
            return known_codes_table[i].kind;
    }
    *advice = ADVICE_LATER;
    if (failure->status == 429)
        return ERROR_THROTTLED;
    if (failure->status >= 500 || failure->status == 408)
        return ERROR_TRANSIENT;
    *advice = "check that the endpoint is AWS's and not a proxy's own answer";
    return failure->status == 401 || failure->status == 403 ? ERROR_DENIED : ERROR_PERMANENT;
}

enum error_kind aws_failure_kind(const struct aws_failure *failure)
{
    const char *advice;
    return classify_failure(failure, &advice);
}

bool aws_failure_may_be_clock_skew(const struct aws_failure *failure)
{
    return is_listed(failure->code,
                     "RequestTimeTooSkewed RequestExpired InvalidSignature SignatureDoesNotMatch "
                     "AuthFailure RequestInTheFuture");
}

bool aws_failure_to_error(const struct aws_failure *failure, struct error *error)
{
    const char *advice;
    enum error_kind kind = classify_failure(failure, &advice);
    return error_refuse(error, kind, advice, "%s%s%s (HTTP %u)",
                        failure->code[0] != '\0' ? failure->code
                                                 : "the server answered with an error",
                        failure->message[0] != '\0' ? ": " : "", failure->message, failure->status);
}

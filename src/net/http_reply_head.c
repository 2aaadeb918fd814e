#include "net/http_reply_internal.h"

#include <string.h>

/* A middlebox may be the cause, so the error is transient. */
bool http_malformed(const char *why, struct error *error)
{
    return error_refuse(error, ERROR_TRANSIENT,
                        "check the endpoint and anything in front of it (proxy, captive portal)",
                        "the reply is not valid HTTP: %s", why);
}

bool http_too_large(const char *what, size_t limit, struct error *error)
{
    return error_refuse(error, ERROR_PERMANENT, "check that the endpoint is the right one",
                        "the reply has more than %zu %s", limit, what);
}

bool http_cut(const char *when, struct error *error)
{
    return error_refuse(
        error, ERROR_TRANSIENT,
        "the call is retried; if this persists, check the server and anything in front of it",
        "the server closed the connection %s", when);
}

bool http_is_token(struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_alphanumeric(text.data[i]) &&
            (text.data[i] == '\0' || strchr("!#$%&'*+-.^_`|~", text.data[i]) == NULL))
            return false;
    return text.length > 0;
}

/* Parses "HTTP-version SP 3DIGIT [SP reason]". */
static bool parse_status_line(struct str line, unsigned *status, bool *old, struct error *error)
{
    const struct str version = str_take(line, 9);
    *old = str_equal(version, STR("HTTP/1.0 "));
    if (!*old && !str_equal(version, STR("HTTP/1.1 ")))
        return http_malformed("it does not begin with HTTP/1.1 or HTTP/1.0", error);
    struct str rest = str_skip(line, version.length);
    uint64_t number = 0;
    if (!str_to_unsigned(str_take(rest, 3), 599, &number) || number < 100 || rest.length < 3 ||
        (rest.length > 3 && rest.data[3] != ' '))
        return http_malformed("its status is not a number from 100 to 599", error);
    if (number == 101)
        return http_malformed("it switches to another protocol", error);
    *status = (unsigned)number;
    return true;
}

/* Parses "name: value". The caller has rejected white space other than spaces and tabs. */
static bool parse_header(struct str line, struct http_header *header, struct error *error)
{
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return http_malformed("a header is folded onto a second line", error);
    size_t colon = str_index_of(line, ':');
    header->name = str_take(line, colon);
    header->value = str_trim(str_skip(line, colon + 1));
    if (colon == line.length || !http_is_token(header->name))
        return http_malformed("a header has an invalid name", error);
    return true;
}

/* True when the block contains a control character other than tab and the CR LF of line ends. */
static bool has_stray_control(struct str block)
{
    for (size_t i = 0; i < block.length; i++) {
        unsigned char byte = (unsigned char)block.data[i];
        bool ends_line = (byte == '\r' && i + 1 < block.length && block.data[i + 1] == '\n') ||
                         (byte == '\n' && i > 0 && block.data[i - 1] == '\r');
        if ((byte < ' ' || byte == 0x7f) && byte != '\t' && !ends_line)
            return true;
    }
    return false;
}

static bool parse_length(struct str value, struct http_head *head, struct error *error)
{
    uint64_t length = 0;
    if (!str_to_unsigned(value, INT64_MAX, &length))
        return http_malformed("its Content-Length is not a number", error);
    if (head->framing == HTTP_LENGTH && head->length != length)
        return http_malformed("it has two different Content-Length headers", error);
    head->framing = HTTP_LENGTH;
    head->length = length;
    return true;
}

/* Sets `*close` and `*keep_alive` when the list of a Connection header contains these options. */
static void parse_connection(struct str value, bool *close, bool *keep_alive)
{
    struct str option;
    while (str_next(&value, ',', &option)) {
        *close = *close || str_equal_ignore_case(str_trim(option), STR("close"));
        *keep_alive = *keep_alive || str_equal_ignore_case(str_trim(option), STR("keep-alive"));
    }
}

/* Decides how the body is delimited (RFC 9112 §6.3). Transfer codings other than "chunked", and
 * Content-Length together with Transfer-Encoding, are rejected. */
static bool decide_framing(const struct http_response *response, bool old, struct http_head *head,
                           struct error *error)
{
    bool close = false;
    bool keep_alive = false;
    size_t codings = 0;
    *head = (struct http_head){.framing = HTTP_UNTIL_CLOSE};
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        if (str_equal_ignore_case(header->name, STR("Content-Length"))) {
            if (!parse_length(header->value, head, error))
                return false;
        } else if (str_equal_ignore_case(header->name, STR("Transfer-Encoding"))) {
            if (codings++ > 0 || old || !str_equal_ignore_case(header->value, STR("chunked")))
                return http_malformed("its Transfer-Encoding is not chunked", error);
        } else if (str_equal_ignore_case(header->name, STR("Connection"))) {
            parse_connection(header->value, &close, &keep_alive);
        }
    }
    if (codings > 0 && head->framing == HTTP_LENGTH)
        return http_malformed("it has both Content-Length and Transfer-Encoding", error);
    if (codings > 0)
        head->framing = HTTP_CHUNKED;
    head->keep_alive = !close && (!old || keep_alive);
    return true;
}

static bool has_no_body(unsigned status, struct str method)
{
    return status < 200 || status == 204 || status == 304 || str_equal(method, STR("HEAD")) ||
           str_equal(method, STR("CONNECT"));
}

bool http_parse_head(struct http_response *response, struct str method, struct http_head *head,
                     struct error *error)
{
    struct str rest = buf_str(&response->head);
    struct str line;
    bool old = false;
    if (has_stray_control(rest))
        return http_malformed("its head contains a control character", error);
    if (!str_next_line(&rest, &line) || !parse_status_line(line, &response->status, &old, error))
        return false;
    response->header_count = 0;
    while (str_next_line(&rest, &line) && line.length > 0) {
        if (response->header_count == LIMIT_HTTP_HEADERS)
            return http_too_large("headers", LIMIT_HTTP_HEADERS, error);
        if (!parse_header(line, &response->headers[response->header_count++], error))
            return false;
    }
    if (!decide_framing(response, old, head, error))
        return false;
    if (has_no_body(response->status, method))
        head->framing = HTTP_NO_BODY;
    if (head->framing == HTTP_UNTIL_CLOSE)
        head->keep_alive = false;
    return true;
}

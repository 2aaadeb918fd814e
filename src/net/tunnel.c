#include "net/tunnel.h"

#include "base/format.h"
#include "crypto/base64.h"
#include "net/http_reply.h"

enum { LONGEST_REQUEST = 4096, LONGEST_SCHEMES = 64 };

struct end {
    const struct transport *transport;
    struct deadline deadline;
};

/* Reads one byte at a time: bytes after the reply belong to the connection to the target. */
static ssize_t read_byte(void *context, void *out, size_t size, struct error *error)
{
    const struct end *end = context;
    return transport_receive(end->transport, out, size < 1 ? size : 1, end->deadline, error);
}

static bool append_connect_request(const struct url *proxy, const char *target, struct buf *request)
{
    buf_format(request, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target);
    struct str user_info = str_from(proxy->user_info);
    if (user_info.length > 0) {
        buf_append(request, STR("Proxy-Authorization: Basic "));
        base64_encode(user_info, request);
        buf_append(request, STR("\r\n"));
    }
    return buf_append(request, STR("\r\n"));
}

/* Lists the schemes that the proxy offers (RFC 9110 §11.7.1). True when Basic is among them, or
 * there are none. */
static bool list_schemes(const struct http_response *response, char out[LONGEST_SCHEMES])
{
    size_t length = 0;
    for (size_t i = 0; i < response->header_count; i++) {
        struct str part; /* a scheme with a parameter, or another parameter */
        struct str value = response->headers[i].value;
        if (!str_equal_ignore_case(response->headers[i].name, STR("Proxy-Authenticate")))
            continue;
        while (str_next(&value, ',', &part)) {
            struct str scheme = str_trim(part);
            scheme = str_take(scheme, str_index_of(scheme, ' '));
            if (str_equal_ignore_case(scheme, STR("Basic")))
                return true;
            if (http_is_token(scheme))
                length += format_text(out + length, LONGEST_SCHEMES - length, "%s%.*s",
                                      length == 0 ? "" : ", ", (int)scheme.length, scheme.data);
        }
    }
    return length == 0;
}

/* The proxy wants credentials, or other ones. tinyproxy answers wrong ones with 401. */
static bool explain_401(const struct http_response *response, const struct url *proxy,
                        struct error *error)
{
    char schemes[LONGEST_SCHEMES] = "";
    if (!list_schemes(response, schemes))
        return error_refuse(
            error, ERROR_DENIED,
            "let the proxy accept a user and password (Basic), or this machine without any, or run "
            "a local proxy that has that scheme",
            "the proxy wants credentials (status %u) by %s, which this program does not have",
            response->status, schemes);
    if (proxy->user_info[0] == '\0')
        return error_refuse(error, ERROR_DENIED,
                            "set the proxy's user and password: http://user:password@host:port in "
                            "edge.https_proxy or HTTPS_PROXY",
                            "the proxy wants credentials (status %u), and none are given",
                            response->status);
    return error_refuse(error, ERROR_DENIED,
                        "correct the user and password in edge.https_proxy or HTTPS_PROXY; / ? # % "
                        "in a password are written %2F %3F %23 %25",
                        "the proxy refused the user or password that are given (status %u)",
                        response->status);
}

static bool explain_refusal(const struct http_response *response, const struct url *proxy,
                            const char *target, struct error *error)
{
    unsigned status = response->status;
    if (status == 401 || status == 407)
        return explain_401(response, proxy, error) ||
               error_context(error, "no tunnel to %s", target);
    return error_refuse(error,
                        status == 403   ? ERROR_DENIED
                        : status >= 500 ? ERROR_TRANSIENT
                                        : ERROR_PERMANENT,
                        "allow connections to that host in the proxy",
                        "the proxy refused a connection to %s with status %u", target, status);
}

bool tunnel_open(const struct transport *transport, const struct url *proxy,
                 const struct url *target, struct deadline deadline, struct error *error)
{
    char name[URL_AUTHORITY_SIZE];
    url_host_and_port(target, name);
    struct buf request BUF_AUTO = BUF_SECRET(LONGEST_REQUEST);
    if (!append_connect_request(proxy, name, &request))
        return error_no_memory(error);
    struct end end = {transport, deadline};
    const struct http_reader reader = {read_byte, &end};
    struct http_response response = {0};
    bool reusable = false;
    bool any_byte = false;
    bool opened =
        transport_send(transport, buf_str(&request), deadline, error) &&
        http_read_response(&reader, STR("CONNECT"), 0, &response, &reusable, &any_byte, error);
    if (!opened)
        error_context(error, "the proxy did not open a tunnel to %s", name);
    else if (response.status / 100 != 2)
        opened = explain_refusal(&response, proxy, name, error);
    http_response_free(&response);
    return opened;
}

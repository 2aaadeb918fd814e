#include "net/tunnel.h"

#include "base/format.h"
#include "crypto/base64.h"
#include "net/http_reply.h"

enum { LONGEST_REQUEST = 4096 };

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

static bool explain_refusal(unsigned status, const char *target, struct error *error)
{
    bool denied = status == 401 || status == 403 || status == 407;
    error_set(error,
              denied          ? ERROR_DENIED
              : status >= 500 ? ERROR_TRANSIENT
                              : ERROR_PERMANENT,
              "the proxy refused a connection to %s with status %u", target, status);
    if (status == 407)
        return error_advise(error,
                            "set the proxy's user and password: http://user:password@host:port");
    return error_advise(error, "allow connections to that host in the proxy");
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
        opened = explain_refusal(response.status, name, error);
    http_response_free(&response);
    return opened;
}

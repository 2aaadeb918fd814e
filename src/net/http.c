#include "net/http.h"

#include "base/format.h"
#include "base/log.h"
#include "net/dial.h"

#include <stdlib.h>

enum { LONGEST_REQUEST = 512 * 1024 };

struct http_connection {
    struct http_route route;
    struct transport transport;
    struct deadline deadline; /* of the current exchange */
};

struct http_connection *http_connection_new(const struct http_route *route)
{
    struct http_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->route = *route;
    connection->transport.socket = -1;
    return connection;
}

void http_connection_free(struct http_connection *connection)
{
    if (connection == NULL)
        return;
    transport_close(&connection->transport);
    free(connection);
}

static bool open_connection(struct http_connection *connection, struct error *error)
{
    const struct http_route *route = &connection->route;
    int64_t start = clock_monotonic_ms();
    bool connected = dial(route->addresses, route->proxy, route->url, route->tls,
                          connection->deadline, &connection->transport, error);
    if (connected)
        log_debug("Connected to %s%s, %lld ms", route->url->host,
                  route->proxy->present ? " through the proxy" : "",
                  (long long)(clock_monotonic_ms() - start));
    if (connected && route->url->tls)
        connected = transport_secure(&connection->transport, route->tls, route->url->host,
                                     connection->deadline, error);
    if (!connected)
        transport_close(&connection->transport);
    return connected;
}

/* --- the request ------------------------------------------------------------------------------ */

static bool is_header_value(struct str value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] < ' ' || value.data[i] > '~')
            return false;
    return true;
}

/* True for headers that frame or address the request: only this client sets them. */
static bool is_reserved(struct str name)
{
    static const struct str reserved[] = {
        STR("Host"),
        STR("Content-Length"),
        STR("Transfer-Encoding"),
        STR("Connection"),
    };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (str_equal_ignore_case(name, reserved[i]))
            return true;
    return false;
}

static bool check_request(const struct http_request *request, struct error *error)
{
    struct str target = request->target;
    if (!http_is_token(request->method) || !str_starts_with(target, STR("/")) ||
        !is_header_value(target) || str_index_of(target, ' ') < target.length)
        return error_set(error, ERROR_INTERNAL, "a request has an invalid method or path");
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!http_is_token(header->name) || is_reserved(header->name))
            return error_set(error, ERROR_INTERNAL, "a request has a header with an invalid name");
        if (!is_header_value(header->value))
            return error_set(
                error, ERROR_INTERNAL,
                "the request header %.*s contains a control character or a byte outside ASCII",
                (int)header->name.length, header->name.data);
    }
    return true;
}

/* Appends head and body to one buffer, so that they are sent in one TLS record and one segment. */
static bool append_request(const struct http_request *request, const struct url *url,
                           struct buf *out)
{
    char authority[URL_AUTHORITY_SIZE];
    url_authority(url, authority);
    buf_append(out, request->method);
    buf_append(out, STR(" "));
    buf_append(out, request->target);
    buf_format(out, " HTTP/1.1\r\nHost: %s\r\n", authority);
    for (size_t i = 0; i < request->header_count; i++) {
        buf_append(out, request->headers[i].name);
        buf_append(out, STR(": "));
        buf_append(out, request->headers[i].value);
        buf_append(out, STR("\r\n"));
    }
    if (request->body.length > 0 || str_equal(request->method, STR("POST")) ||
        str_equal(request->method, STR("PUT")))
        buf_format(out, "Content-Length: %zu\r\n", request->body.length);
    buf_append(out, STR("\r\n"));
    return buf_append(out, request->body);
}

/* --- the reply -------------------------------------------------------------------------------- */

static ssize_t read_from_connection(void *context, void *out, size_t size, struct error *error)
{
    const struct http_connection *connection = context;
    return transport_receive(&connection->transport, out, size, connection->deadline, error);
}

/* --- the exchange ----------------------------------------------------------------------------- */

/* Performs one exchange on an open connection, and closes it unless it may carry another
 * request. */
static bool exchange_once(struct http_connection *connection, const struct http_request *request,
                          struct str text, size_t body_limit, struct http_response *response,
                          bool *any_byte, struct error *error)
{
    const struct http_reader reader = {read_from_connection, connection};
    bool reusable = false;
    *any_byte = false;
    response->sent_at = clock_now();
    bool done = transport_send(&connection->transport, text, connection->deadline, error) &&
                http_read_response(&reader, request->method, body_limit, response, &reusable,
                                   any_byte, error);
    if (!reusable)
        transport_close(&connection->transport);
    return done;
}

bool http_exchange(struct http_connection *connection, const struct http_request *request,
                   size_t body_limit, struct deadline deadline, struct http_response *response,
                   struct error *error)
{
    struct buf text BUF_AUTO = BUF_SECRET(LONGEST_REQUEST);
    if (!check_request(request, error))
        return false;
    if (!append_request(request, connection->route.url, &text))
        return error_set(error, ERROR_INTERNAL, "a request is too large");
    connection->deadline = deadline;
    bool kept = connection->transport.socket >= 0;
    bool any_byte = false;
    while (kept || open_connection(connection, error)) {
        if (exchange_once(connection, request, buf_str(&text), body_limit, response, &any_byte,
                          error))
            return true;
        response->connected = deadline_left_ms(deadline) > 0;
        if (!kept || any_byte || !response->connected)
            return error_context(error, "%s", connection->route.url->host);
        http_response_free(response);
        kept = false;
    }
    return false;
}

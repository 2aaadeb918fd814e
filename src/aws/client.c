#include "aws/client.h"

#include "aws/aws_error.h"
#include "aws/sigv4.h"
#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "build_info.h"

#include <stdlib.h>
#include <string.h>

#define USER_AGENT "aws-workload-credentials-provider/" WCP_VERSION " wcp-tiny/" WCP_VERSION

enum {
    SKEW_TOLERATED = 4 * 60,       /* seconds */
    ROUND_TRIP_TOO_LONG = 15 * 60, /* seconds: such a reply is too old to measure the clock by */
    MOST_CALL_HEADERS = 10,
    LONGEST_AUTHORIZATION = 4096,
    LONGEST_TARGET = 8 * 1024,
};

bool aws_client_prepare(struct aws_client *client, const struct aws_settings *settings,
                        enum service service, struct str partition, struct str region,
                        const char *https_proxy, struct error *error)
{
    *client = (struct aws_client){.service = service};
    if (endpoint_is_global(settings, service, partition, region))
        region = STR("us-east-1");
    format_text(client->region, sizeof client->region, "%.*s", (int)region.length, region.data);
    return endpoint_resolve(settings, service, partition, region, &client->url, error) &&
           proxy_choose(https_proxy, client->url.host, client->url.port, &client->proxy, error);
}

const char *aws_client_host(const struct aws_client *client)
{
    return client->proxy.present ? client->proxy.url.host : client->url.host;
}

void aws_client_close(struct aws_client *client)
{
    if (client->connection != NULL)
        http_connection_free(client->connection);
    client->connection = NULL;
}

/* The headers of a call. The signed headers come first. */
struct call_headers {
    struct sigv4_header list[MOST_CALL_HEADERS];
    size_t count;
    char date[CLOCK_COMPACT_SIZE];
    char authority[URL_AUTHORITY_SIZE];
    struct buf authorization;
};

static void add_header(struct call_headers *headers, const char *name, struct str value)
{
    if (value.length > 0)
        headers->list[headers->count++] = (struct sigv4_header){str_from(name), value};
}

/* The headers that present an identity: X-Amz-X509 and X-Amz-X509-Chain. */
static void add_identity(struct call_headers *headers, const struct identity *identity)
{
    add_header(headers, "X-Amz-X509", buf_str(&identity->leaf));
    add_header(headers, "X-Amz-X509-Chain", buf_str(&identity->chain));
}

static bool sign_call(const struct aws_client *client, const struct credentials *credentials,
                      const struct aws_call *call, int64_t now, struct call_headers *headers)
{
    struct sigv4_scope scope = {
        .identity = call->identity,
        .region = str_from(client->region),
        .service = str_from(service_name(client->service)),
        .time = now,
    };
    if (call->identity == NULL) {
        scope.access_key_id = buf_str(&credentials->access_key_id);
        scope.secret_access_key = buf_str(&credentials->secret_access_key);
    }
    const struct sigv4_request request = {
        .method = STR("POST"),
        .path = str_from(client->url.path),
        .query = call->query,
        .normalise_path = true,
        .headers = headers->list,
        .header_count = headers->count,
        .body = call->body,
    };
    if (!sigv4_authorization(&request, &scope, &headers->authorization))
        return false;
    add_header(headers, "Authorization", buf_str(&headers->authorization));
    return true;
}

static bool add_headers(const struct aws_client *client, const struct credentials *credentials,
                        const struct aws_call *call, struct call_headers *headers)
{
    int64_t now = clock_now() + client->session->clock_skew;
    clock_format_compact(now, headers->date);
    url_authority(&client->url, headers->authority);
    add_header(headers, "Host", str_from(headers->authority));
    add_header(headers, "X-Amz-Date", str_from(headers->date));
    if (call->identity != NULL)
        add_identity(headers, call->identity);
    else if (credentials != NULL)
        add_header(headers, "X-Amz-Security-Token", buf_str(&credentials->session_token));
    add_header(headers, "Content-Type", call->content_type);
    add_header(headers, "X-Amz-Target", call->target);
    if ((credentials != NULL || call->identity != NULL) &&
        !sign_call(client, credentials, call, now, headers))
        return false;
    add_header(headers, "Accept", call->accept);
    add_header(headers, "User-Agent", STR(USER_AGENT));
    return true;
}

static bool ensure_connection(struct aws_client *client, struct error *error)
{
    if (client->connection != NULL)
        return true;
    client->route = (struct http_route){
        .url = &client->url,
        .addresses = &client->addresses,
        .proxy = &client->proxy,
        .tls = client->session->tls,
    };
    client->connection = http_connection_new(&client->route);
    return client->connection != NULL || error_no_memory(error);
}

bool aws_client_exchange(struct aws_client *client, const struct http_request *request,
                         size_t reply_limit, struct deadline deadline,
                         struct http_response *response, struct error *error)
{
    return ensure_connection(client, error) &&
           http_exchange(client->connection, request, reply_limit, deadline, response, error);
}

/* Sends one request and reads its reply. True for a reply with any status. */
static bool send_call(struct aws_client *client, const struct credentials *credentials,
                      const struct aws_call *call, struct http_response *response,
                      struct error *error)
{
    struct call_headers headers = {.authorization = BUF(LONGEST_AUTHORIZATION)};
    struct http_header sent[MOST_CALL_HEADERS];
    BUF_AUTO struct buf target = BUF(LONGEST_TARGET);
    size_t count = 0;
    int64_t start = clock_monotonic_ms();
    bool done =
        add_headers(client, credentials, call, &headers) ||
        error_set(error, ERROR_INTERNAL, "the request cannot be signed: it may be too large");
    for (size_t i = 1; done && i < headers.count; i++) /* the HTTP client adds Host */
        sent[count++] = (struct http_header){headers.list[i].name, headers.list[i].value};
    buf_format(&target, "%s%s", client->url.path, call->query.length > 0 ? "?" : "");
    buf_append(&target, call->query);
    const struct http_request request = {
        .method = STR("POST"),
        .target = buf_str(&target),
        .headers = sent,
        .header_count = count,
        .body = call->body,
    };
    done = done && aws_client_exchange(client, &request, call->reply_limit,
                                       deadline_in(LIMIT_REQUEST_MS), response, error);
    buf_free(&headers.authorization);
    if (done)
        log_debug("Status %u from %s, %zu bytes, %lld ms", response->status,
                  service_name(client->service), response->body.length,
                  (long long)(clock_monotonic_ms() - start));
    return done;
}

/* Measures the clock skew by the Date header, unless the reply came from a cache or took long. */
static void measure_skew(struct aws_session *session, const struct http_response *response)
{
    struct str value;
    int64_t server = 0;
    session->skew_is_measured = !http_header_find(response, STR("Age"), &value) &&
                                http_header_find(response, STR("Date"), &value) &&
                                clock_parse_http_date(value, &server) &&
                                response->received_at - response->sent_at <= ROUND_TRIP_TOO_LONG;
    session->measured_skew =
        server - (response->sent_at + (response->received_at - response->sent_at) / 2);
}

/* Corrects the clock that signs requests. True when it was off by more than SKEW_TOLERATED: the
 * call is worth another try. */
static bool correct_clock(struct aws_session *session)
{
    int64_t skew = session->measured_skew;
    int64_t change = skew - session->clock_skew;
    if (!session->skew_is_measured || (change <= SKEW_TOLERATED && change >= -SKEW_TOLERATED))
        return false;
    log_warn(
        "This machine's clock is %lld s %s AWS's; requests are signed with AWS's time. Set the "
        "clock (NTP)",
        (long long)(skew < 0 ? -skew : skew), skew < 0 ? "ahead of" : "behind");
    session->clock_skew = skew;
    return true;
}

/* Waits before a failed call is sent again. False: it is not sent again. */
static bool wait_for_retry(const struct aws_client *client, unsigned attempt,
                           const struct error *error)
{
    uint32_t wait;
    const struct back_off *policy = &client->session->back_off;
    if (!back_off_permits(policy, attempt, error->kind, random_below(UINT32_MAX), &wait))
        return false;
    log_debug("Attempt %u of %u at %s failed: %s; waiting %u ms before the next one", attempt,
              policy->most_attempts, service_name(client->service), error->message, wait);
    clock_pause(wait);
    return true;
}

/* True for a 2xx reply. Otherwise sets `error`, and `*corrected` when the clock was corrected. */
static bool classify_reply(struct aws_client *client, const struct aws_call *call,
                           const struct http_response *response, bool *corrected,
                           struct error *error)
{
    struct aws_failure failure;
    struct str type = {0};
    measure_skew(client->session, response);
    if (response->status >= 200 && response->status < 300)
        return true;
    http_header_find(response, STR("x-amzn-ErrorType"), &type);
    aws_failure_read(response->status, type, buf_str(&response->body), &failure);
    /* AWS documents no code by which Roles Anywhere refuses a wrong time. */
    *corrected = (call->identity != NULL || aws_failure_may_be_clock_skew(&failure)) &&
                 correct_clock(client->session);
    return aws_failure_to_error(&failure, error);
}

bool aws_client_call(struct aws_client *client, const struct credentials *credentials,
                     const struct aws_call *call, struct http_response *response,
                     struct error *error)
{
    bool corrected_before = false;
    if (client->given_up.kind != ERROR_NONE) {
        *error = client->given_up;
        return false;
    }
    for (unsigned attempt = 1;; attempt++) {
        bool corrected = false;
        http_response_free(response);
        *response = (struct http_response){0};
        bool answered = send_call(client, credentials, call, response, error);
        if (answered && classify_reply(client, call, response, &corrected, error))
            return true;
        if (corrected && !corrected_before) {
            corrected_before = true;
            attempt--;
            continue;
        }
        if (wait_for_retry(client, attempt, error))
            continue;
        if ((!answered && !response->connected) ||
            back_off_ends_all(&client->session->back_off, error->kind))
            client->given_up = *error;
        return false;
    }
}

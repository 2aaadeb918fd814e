#include "aws/credentials/metadata.h"

#include "aws/aws_error.h"
#include "base/format.h"
#include "base/log.h"
#include "base/random.h"

enum { ATTEMPTS = 3, PAUSE_MS = 500 };

bool metadata_prepare(struct aws_client *client, const struct url *url, const char *https_proxy,
                      struct error *error)
{
    *client = (struct aws_client){.url = *url};
    return !url->tls || url_host_is_loopback(url->host) || url_host_is_address(url->host) ||
           proxy_choose(https_proxy, url->host, url->port, &client->proxy, error);
}

static bool ask_once(struct aws_client *client, const struct metadata_request *request,
                     struct http_response *response, struct error *error)
{
    char target[URL_PATH_SIZE + 128];
    struct str base = str_from(client->url.path);
    if (str_starts_with(str_from(request->path), STR("/")))
        base.length -= str_ends_with(base, STR("/"));
    format_text(target, sizeof target, "%.*s%s", (int)base.length, base.data, request->path);
    const struct http_request sent = {
        .method = str_from(request->method),
        .target = str_from(target),
        .headers = &request->header,
        .header_count = request->header.value.length > 0,
    };
    http_response_free(response);
    *response = (struct http_response){0};
    return aws_client_exchange(client, &sent, LIMIT_METADATA_BODY, deadline_in(request->limit_ms),
                               response, error);
}

bool metadata_ask(struct aws_client *client, const struct metadata_request *request,
                  struct http_response *response, struct error *error)
{
    for (unsigned attempt = 1;; attempt++) {
        bool answered = ask_once(client, request, response, error);
        bool again = answered ? response->status >= 500 || response->status == 429
                              : error->kind == ERROR_TRANSIENT;
        if (!again || attempt == ATTEMPTS)
            return answered;
        log_debug("Attempt %u of %u at %s failed", attempt, (unsigned)ATTEMPTS, client->url.host);
        clock_pause(random_below(PAUSE_MS));
    }
}

bool metadata_refuse(const struct http_response *response, const char *advice, struct error *error)
{
    struct aws_failure failure;
    if (response->status >= 300 && response->status < 400)
        return error_refuse(error, ERROR_PERMANENT, "check what answers at that address",
                            "it redirects (HTTP %u), which is not followed", response->status);
    aws_failure_read(response->status, STR(""), buf_str(&response->body), &failure);
    aws_failure_to_error(&failure, error);
    if (error->kind != ERROR_TRANSIENT && error->kind != ERROR_THROTTLED)
        error_advise(error, "%s", advice);
    return false;
}

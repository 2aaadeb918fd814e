#include "aws/credentials/container.h"

#include "aws/credentials/reply.h"
#include "base/format.h"

#define ADVICE_REFUSED                                                                             \
    "check the role of the task or of the pod, and that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE "   \
    "or …_TOKEN has the endpoint's present token"

bool container_obtain(struct aws_client *client, const struct credential_plan *plan,
                      struct credentials *credentials, struct error *error)
{
    struct http_response response = {0};
    const struct metadata_request request = {
        .method = "GET",
        .path = "",
        .header = {STR("Authorization"), buf_str(&plan->token)},
        .limit_ms = LIMIT_CONTAINER_MS,
    };
    format_text(credentials->source, sizeof credentials->source, "%s", plan->name);
    bool done = metadata_ask(client, &request, &response, error);
    if (!done)
        error_advise(error, "check that the orchestrator's agent runs; it is tried again");
    else if (response.status != 200)
        done = metadata_refuse(&response, ADVICE_REFUSED, error);
    else if (!credential_reply_read(buf_str(&response.body), REPLY_OF_ENDPOINT, "its reply",
                                    credentials, error))
        done = error_advise(error, "check the agent that answers at %s", client->url.host);
    http_response_free(&response);
    return done;
}

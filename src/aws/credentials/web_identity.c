#include "aws/credentials/web_identity.h"

#include "base/format.h"

bool web_identity_obtain(struct aws_client *sts, const struct credential_plan *plan,
                         struct credentials *credentials, struct error *error)
{
    const struct role_step *step = &plan->web_identity;
    const struct role_request request = {
        .role_arn = step->role_arn,
        .session_name = step->session_name,
        .duration_seconds = step->duration_seconds,
        .web_identity = buf_str(&plan->token),
    };
    if (!sts_assume_role(sts, NULL, &request, credentials, error)) {
        if (error->kind == ERROR_DENIED || error->kind == ERROR_PERMANENT)
            error_advise(error, "check that whoever writes the token's file (in Kubernetes: the "
                                "kubelet) renews it, and that the role's trust policy names the "
                                "token's issuer, audience and subject");
        return false;
    }
    format_text(credentials->source, sizeof credentials->source, "%s", plan->name);
    return true;
}

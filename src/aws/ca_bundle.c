#include "aws/ca_bundle.h"

#include "aws/credentials/configured.h"
#include "base/environment.h"
#include "base/limits.h"
#include "base/who_may_write.h"

bool ca_bundle_load(const char *configured, const char *of_profile, struct buf *pem,
                    struct error *error)
{
    const char *variable = environment_get("AWS_CA_BUNDLE");
    const char *other = configured != NULL ? configured : of_profile;
    char path[PATH_MAX];
    *pem = BUF(LIMIT_PEM_FILE);
    if (variable == NULL && other == NULL)
        return true;
    configured_path(str_from(variable != NULL ? variable : other), path);
    if (!protected_file_read(path, "CA bundle", pem, NULL, error)) {
        if (error->advice[0] == '\0')
            error_advise(error, "name the right file in AWS_CA_BUNDLE or edge.ca_bundle");
        return false;
    }
    return pem->length > 0 ||
           error_refuse(error, ERROR_CONFIGURATION,
                        "put the root certificates into it, or name no bundle in AWS_CA_BUNDLE and "
                        "edge.ca_bundle: then the built-in Amazon roots are used",
                        "the CA bundle %s is empty", path);
}

#include "aws/ca_bundle.h"

#include "base/environment.h"
#include "base/limits.h"
#include "base/who_may_write.h"

bool ca_bundle_load(const char *configured, struct buf *pem, struct error *error)
{
    const char *path = environment_get("AWS_CA_BUNDLE");
    if (path == NULL)
        path = configured;
    *pem = BUF(LIMIT_PEM_FILE);
    if (path == NULL)
        return true;
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

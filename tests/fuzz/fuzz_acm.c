/* Any bytes are the reply to ExportCertificate, within its bounds, or are refused. */
#include "aws/acm.h"

#include "base/limits.h"

#include <stdlib.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exported_certificate exported = {0};
    struct error error = {0};
    if (acm_read_reply(str_bytes(data, size), &exported, &error)) {
        require(exported.certificate.length > 0);
        require(exported.certificate.length <= LIMIT_CERTIFICATE_PEM);
        require(exported.encrypted_key.length > 0);
        require(exported.encrypted_key.length <= LIMIT_KEY_PEM);
        require(exported.chain.length <= LIMIT_PEM_FILE);
    } else {
        require(error.kind == ERROR_TRANSIENT || error.kind == ERROR_PERMANENT);
    }
    exported_certificate_free(&exported);
    return 0;
}

/* Any bytes are the reply of a metadata endpoint (after 'e') or the output of a credential_process,
 * with credentials that may stand in a header, or are refused. */
#include "aws/credentials/reply.h"

#include "tests/fuzz/credential_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CREDENTIALS_AUTO struct credentials credentials = {0};
    struct error error = {0};
    struct str body = str_skip(str_bytes(data, size), 1);
    enum credential_reply form = size > 0 && data[0] == 'e' ? REPLY_OF_ENDPOINT : REPLY_OF_PROCESS;
    if (!credential_reply_read(body, form, "the reply", &credentials, &error)) {
        require(error.kind != ERROR_NONE && error.message[0] != '\0');
        return 0;
    }
    require_credentials(&credentials, 0);
    return 0;
}

/* Any bytes are the reply to AssumeRole, with credentials that may stand in a header, or are
 * refused. */
#include "aws/sts.h"

#include "tests/fuzz/credential_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CREDENTIALS_AUTO struct credentials session = {0};
    struct error error = {0};
    if (!sts_read_reply(str_bytes(data, size), "AssumeRole", "arn:aws:iam::123456789012:role/box",
                        &session, &error)) {
        require(error.kind == ERROR_TRANSIENT && error.message[0] != '\0');
        return 0;
    }
    require_credentials(&session, 1);
    return 0;
}

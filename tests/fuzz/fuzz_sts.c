/* Any bytes are the reply to AssumeRole, with credentials that may stand in a header, or are
 * refused. */
#include "aws/sts.h"

#include "base/limits.h"

#include <stdlib.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_value(const struct buf *value, size_t least)
{
    require(value->length >= least && value->length <= LIMIT_CREDENTIAL_VALUE);
    require(value->data[value->length] == '\0');
    for (size_t i = 0; i < value->length; i++)
        require(value->data[i] > 0x20 && value->data[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CREDENTIALS_AUTO struct credentials session = {0};
    struct error error = {0};
    if (!sts_read_reply(str_bytes(data, size), "AssumeRole", "arn:aws:iam::123456789012:role/box",
                        &session, &error)) {
        require(error.kind == ERROR_TRANSIENT && error.message[0] != '\0');
        return 0;
    }
    check_value(&session.access_key_id, 1);
    check_value(&session.secret_access_key, 1);
    check_value(&session.session_token, 1);
    return 0;
}

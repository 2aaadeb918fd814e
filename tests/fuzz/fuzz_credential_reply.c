/* Any bytes are the reply of a metadata endpoint (after 'e') or the output of a credential_process,
 * with credentials that may stand in a header, or are refused. */
#include "aws/credentials/reply.h"

#include "base/limits.h"

#include <stdlib.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_value(const struct buf *value, size_t least)
{
    require(value->secret && value->length >= least && value->length <= LIMIT_CREDENTIAL_VALUE);
    require(value->data[value->length] == '\0');
    for (size_t i = 0; i < value->length; i++)
        require(value->data[i] > 0x20 && value->data[i] < 0x7f);
}

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
    check_value(&credentials.access_key_id, 1);
    check_value(&credentials.secret_access_key, 1);
    check_value(&credentials.session_token, 0);
    return 0;
}

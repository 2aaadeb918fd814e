/* What the fuzzers of replies with credentials require of what was read. */
#ifndef WCP_TESTS_CREDENTIAL_CHECKS_H
#define WCP_TESTS_CREDENTIAL_CHECKS_H

#include "aws/credentials/credentials.h"
#include "base/limits.h"

#include <stdlib.h>

static inline void require(bool condition)
{
    if (!condition)
        abort();
}

/* A secret of `least` bytes or more that may stand in a header. */
static inline void require_value(const struct buf *value, size_t least)
{
    require(value->secret && value->length >= least && value->length <= LIMIT_CREDENTIAL_VALUE);
    require(value->data[value->length] == '\0');
    for (size_t i = 0; i < value->length; i++)
        require(value->data[i] > 0x20 && value->data[i] < 0x7f);
}

static inline void require_credentials(const struct credentials *credentials, size_t least_token)
{
    require_value(&credentials->access_key_id, 1);
    require_value(&credentials->secret_access_key, 1);
    require_value(&credentials->session_token, least_token);
}

#endif

#include "aws/credentials/credentials.h"

#include "base/limits.h"

void credentials_free(struct credentials *credentials)
{
    buf_free(&credentials->access_key_id);
    buf_free(&credentials->secret_access_key);
    buf_free(&credentials->session_token);
}

/* What AWS's keys and tokens consist of. The marks come from what surrounds them in a file. */
static bool is_key_text(struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] <= 0x20 || text.data[i] >= 0x7f || str_holds(STR("\"'#;<>"), text.data[i]))
            return false;
    return true;
}

static bool copy_secret(struct buf *buf, struct str text)
{
    *buf = BUF_SECRET(LIMIT_CREDENTIAL_VALUE + 1);
    return buf_append(buf, text) && buf_text(buf) != NULL;
}

bool credentials_set(struct credentials *credentials, struct str access_key_id,
                     struct str secret_access_key, struct str session_token, const char *what,
                     struct error *error)
{
    const char *wrong = NULL;
    if (access_key_id.length == 0)
        wrong = "no access key id";
    else if (secret_access_key.length == 0)
        wrong = "no secret access key";
    else if (!is_key_text(access_key_id) || !is_key_text(secret_access_key) ||
             !is_key_text(session_token))
        wrong = "a space, a quotation mark or another character that no key has";
    else if (str_starts_with(access_key_id, STR("ASIA")) && session_token.length == 0)
        wrong = "the key is a temporary one (ASIA…), whose session token is missing";
    if (wrong != NULL)
        return error_refuse(error, ERROR_CONFIGURATION,
                            "put access key id and secret access key there, as IAM shows them",
                            "the credentials in %s are not usable: %s", what, wrong);
    credentials_free(credentials);
    if (copy_secret(&credentials->access_key_id, access_key_id) &&
        copy_secret(&credentials->secret_access_key, secret_access_key) &&
        copy_secret(&credentials->session_token, session_token))
        return true;
    return error_set(error, ERROR_CONFIGURATION, "the credentials in %s are longer than %u bytes",
                     what, (unsigned)LIMIT_CREDENTIAL_VALUE);
}

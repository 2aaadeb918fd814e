/* Any text is a credentials file: what it says lies in it, without white space around, and the
 * first file wins. */
#include "aws/credentials/profile.h"

#include <stdlib.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_value(struct str value, struct str text)
{
    require(value.length == 0 ||
            (value.data >= text.data && value.data + value.length <= text.data + text.length));
    require(!str_holds(value, '\n'));
    require(str_trim(value).length == value.length);
}

static struct profile check_file(struct str text, enum profile_file file, struct str name)
{
    struct profile profile = {0};
    profile_read(text, file, name, &profile);
    const struct str values[] = {profile.access_key_id, profile.secret_access_key,
                                 profile.session_token, profile.region, profile.credential_process};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        check_value(values[i], text);
        require(profile.found || values[i].length == 0);
    }
    return profile;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_bytes(data, size);
    struct profile before = check_file(text, PROFILE_CREDENTIALS_FILE, STR("default"));
    struct profile both = before;
    check_file(text, PROFILE_CREDENTIALS_FILE, STR("box"));
    check_file(text, PROFILE_CONFIG_FILE, STR("default"));
    check_file(text, PROFILE_CONFIG_FILE, STR("box"));
    profile_read(text, PROFILE_CONFIG_FILE, STR("default"), &both);
    require(both.found >= before.found);
    require(before.access_key_id.length == 0 ||
            both.access_key_id.data == before.access_key_id.data);
    return 0;
}

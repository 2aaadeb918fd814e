/* profile-values CREDENTIALS CONFIG PROFILE: what the two shared files say of a profile, each value
 * in a line "key=value"; exit status 1 when neither has it. */
#include "aws/credentials/profile.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
    struct buf texts[SHARED_FILES] = {BUF(LIMIT_CREDENTIALS_FILE), BUF(LIMIT_CREDENTIALS_FILE)};
    struct shared_file files[SHARED_FILES];
    struct profile profile;
    struct error error;
    if (count != 4)
        return 2;
    log_set_level(LOG_LEVEL_NONE);
    for (size_t i = 0; i < SHARED_FILES; i++) {
        if (!file_read(arguments[i + 1], "file", &texts[i], &error))
            return 2;
        files[i] = (struct shared_file){i == 0 ? SHARED_CREDENTIALS_FILE : SHARED_CONFIG_FILE,
                                        arguments[i + 1], buf_str(&texts[i])};
    }
    profile_read(files, str_from(arguments[3]), &profile);
    for (enum profile_key key = 0; key < PROFILE_KEYS; key++) {
        struct str name = profile_key_name(key);
        struct str value = profile.values[key].text;
        if (value.length > 0)
            printf("%.*s=%.*s\n", (int)name.length, name.data, (int)value.length, value.data);
    }
    for (size_t i = 0; i < SHARED_FILES; i++)
        buf_free(&texts[i]);
    return profile.found ? EXIT_SUCCESS : EXIT_FAILURE;
}

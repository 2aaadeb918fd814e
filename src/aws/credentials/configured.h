/* One setting of AWS's SDKs: a variable of the environment, else a key of a profile. */
#ifndef WCP_AWS_CREDENTIALS_CONFIGURED_H
#define WCP_AWS_CREDENTIALS_CONFIGURED_H

#include "aws/credentials/profile.h"

#include <limits.h>

/* `text` is empty when nothing is configured. */
struct configured {
    struct str text;
    const char *variable;              /* that has it; NULL: the profile has it */
    const struct profile_value *value; /* of the profile, and the name of */
    enum profile_key key;              /* its key */
};

/* `variable` may be NULL; `key` PROFILE_KEYS: there is only a variable. */
struct configured configured_get(const char *variable, const struct profile *profile,
                                 enum profile_key key);
/* Formats where it is configured: the variable's name, or "PATH:LINE:COLUMN: KEY". */
enum { CONFIGURED_ORIGIN_SIZE = 512 };
void configured_origin(const struct configured *from, char origin[CONFIGURED_ORIGIN_SIZE]);
/* Sets ERROR_CONFIGURATION: "ORIGIN `wrong``detail`". */
bool configured_refuse(const struct configured *from, const char *advice, const char *wrong,
                       struct str detail, struct error *error);

/* Reads "true" or "false" in any case; nothing is false. ERROR_CONFIGURATION: another text. */
bool configured_flag(const char *variable, const struct profile *profile, enum profile_key key,
                     bool *flag, struct error *error);
/* Copies a text that obeys `rule`; nothing leaves `copy` as it is. ERROR_CONFIGURATION. */
bool configured_copy(const struct configured *from, const char *(*rule)(struct str text),
                     char **copy, struct error *error);
/* Copies a path. A leading "~/" becomes the directory HOME, when that is set. */
void configured_path(struct str text, char path[PATH_MAX]);

#endif

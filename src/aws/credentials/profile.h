/* Profiles in AWS's shared credentials and config files (INI format). */
#ifndef WCP_AWS_PROFILE_H
#define WCP_AWS_PROFILE_H

#include "base/str.h"

/* The section name of profile x: "[x]" in the credentials file, "[profile x]" in the config file.
 * The default profile is "[default]" in both. */
enum profile_file { PROFILE_CREDENTIALS_FILE, PROFILE_CONFIG_FILE };

/* The values of a profile, borrowed from the file's text. Absent values are empty. */
struct profile {
    bool found;
    struct str access_key_id;
    struct str secret_access_key;
    struct str session_token;
    struct str region;
    struct str credential_process;
};

/* Reads the sections of profile `name` in `text` into `profile`. Values that `profile` already has
 * are kept: the file read first takes precedence. Within a file, a later line overrides an earlier
 * one. Other profiles, nested (indented) properties, comments and malformed lines are ignored. */
void profile_read(struct str text, enum profile_file file, struct str name,
                  struct profile *profile);

#endif

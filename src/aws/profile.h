/* The shared credentials and config files: INI with profiles. */
#ifndef WCP_AWS_PROFILE_H
#define WCP_AWS_PROFILE_H

#include "base/str.h"

/* How a profile's section is called: "[x]" in the credentials file, "[profile x]" in the config
 * file, "[default]" in both. */
enum profile_file { PROFILE_CREDENTIALS_FILE, PROFILE_CONFIG_FILE };

/* What a profile says, borrowed from the file's text; absent values are empty. */
struct profile {
    bool found;
    struct str access_key_id;
    struct str secret_access_key;
    struct str session_token;
    struct str region;
    struct str credential_process;
};

/* Reads the sections of profile `name` in `text` into `profile`: values already there stay, so that
 * the file read first wins. A later line of the same file wins over an earlier one. Lines that
 * belong to another profile, nested (indented) properties and comments are passed over; nothing in
 * such a file is an error. */
void profile_read(struct str text, enum profile_file file, struct str name,
                  struct profile *profile);

#endif

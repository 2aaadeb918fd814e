/* What a name in a directory stands for: the version of a file, told apart from other versions
 * without keeping its contents. */
#ifndef WCP_STORE_VERSION_H
#define WCP_STORE_VERSION_H

#include "base/error.h"
#include "crypto/hash.h"

enum version_kind {
    VERSION_ABSENT,     /* there is no such name */
    VERSION_FILE,       /* a regular file */
    VERSION_LINK,       /* a symbolic link */
    VERSION_UNREADABLE, /* a regular file that this user may not read, or that is too large */
    VERSION_OTHER,      /* a directory or a special file: never the old version of a journal */
};

struct version {
    enum version_kind kind;
    /* The SHA-256 of the file's contents, of the link's text, or of the unreadable file's inode
     * number (a version is only compared with names in the same directory); else empty. */
    char hash[SHA256_HEX_SIZE];
};

/* Examines `name` in `directory`. Returns false with ERROR_TRANSIENT when a device fails. */
bool version_examine(int directory, const char *name, struct version *version, struct error *error);

/* Sets `*is` to whether `name` in `directory` is this version. An unreadable file is recognised by
 * its inode, even by a user who may read it. Returns false as version_examine. */
bool version_is_at(int directory, const char *name, const struct version *version, bool *is,
                   struct error *error);

#endif

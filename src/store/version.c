#include "store/version.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void hash_inode(const struct stat *status, struct version *version)
{
    char text[32];
    size_t length = format_text(text, sizeof text, "%llu", (unsigned long long)status->st_ino);
    version->kind = VERSION_UNREADABLE;
    sha256_hex(str_bytes(text, length), version->hash);
}

static bool hash_link(int directory, const char *name, struct version *version)
{
    char text[PATH_MAX];
    ssize_t length = readlinkat(directory, name, text, sizeof text);
    if (length < 0)
        return false;
    version->kind = VERSION_LINK;
    sha256_hex(str_bytes(text, (size_t)length), version->hash);
    return true;
}

/* Returns false with errno set. O_NONBLOCK: the name may have become a FIFO. */
static bool hash_file(int directory, const char *name, const struct stat *status,
                      struct version *version)
{
    BUF_AUTO struct buf contents = BUF_SECRET(LIMIT_INSTALLED_FILE);
    FD_AUTO int descriptor =
        openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0 && (errno == EACCES || errno == EPERM)) {
        hash_inode(status, version);
        return true;
    }
    if (descriptor < 0)
        return false;
    if (!read_all(descriptor, &contents)) {
        bool is_too_large = errno == EFBIG; /* not one of ours */
        hash_inode(status, version);
        return is_too_large;
    }
    version->kind = VERSION_FILE;
    sha256_hex(buf_str(&contents), version->hash);
    return true;
}

/* Returns false with errno set. */
static bool examine(int directory, const char *name, struct version *version)
{
    struct stat status;
    *version = (struct version){.kind = VERSION_OTHER};
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        version->kind = VERSION_ABSENT;
        return errno == ENOENT;
    }
    if (S_ISLNK(status.st_mode))
        return hash_link(directory, name, version);
    return !S_ISREG(status.st_mode) || hash_file(directory, name, &status, version);
}

bool version_examine(int directory, const char *name, struct version *version, struct error *error)
{
    return examine(directory, name, version) ||
           error_set_errno(error, ERROR_TRANSIENT, errno, "cannot examine the file %s", name);
}

bool version_is_at(int directory, const char *name, const struct version *version, bool *is,
                   struct error *error)
{
    struct version found = {.kind = VERSION_ABSENT};
    struct stat status;
    bool known = true;
    if (version->kind != VERSION_UNREADABLE)
        known = examine(directory, name, &found);
    else if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        known = errno == ENOENT;
    else if (S_ISREG(status.st_mode))
        hash_inode(&status, &found);
    *is = known && found.kind == version->kind && strcmp(found.hash, version->hash) == 0;
    return known ||
           error_set_errno(error, ERROR_TRANSIENT, errno, "cannot examine the file %s", name);
}

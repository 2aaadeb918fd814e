#include "store/target_internal.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/attributes.h"
#include "store/journal.h"
#include "store/safe_path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens a regular file for reading; returns -1 for anything else. O_NONBLOCK: opening a FIFO must
 * not wait for its writer. */
static int open_regular(int directory, const char *name, struct stat *status)
{
    int descriptor =
        openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    if (fstat(descriptor, status) == 0 && S_ISREG(status->st_mode))
        return descriptor;
    close(descriptor);
    return -1;
}

static bool contents_equal(int descriptor, struct str contents)
{
    char block[4096];
    ssize_t got = 0;
    do {
        got = read(descriptor, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || (size_t)got > contents.length ||
            memcmp(block, contents.data, (size_t)got) != 0)
            break;
        contents = str_skip(contents, (size_t)got);
    } while (true);
    wipe(block, sizeof block); /* it may hold a part of a private key */
    return got == 0 && contents.length == 0;
}

/* Opens the target when it has its new contents already and is its only hard link; returns -1
 * otherwise. A file with another link may belong to somebody else: it is replaced and never
 * changed. */
static int open_if_same(const struct target *target, struct stat *status)
{
    int descriptor = open_regular(target->directory, target->name, status);
    if (descriptor >= 0 && status->st_nlink == 1 &&
        (size_t)status->st_size == target->contents.length &&
        contents_equal(descriptor, target->contents))
        return descriptor;
    close_descriptor(&descriptor);
    return -1;
}

bool target_choose_ownership(const struct target *target, const struct stat *existing,
                             struct ownership *ownership, struct error *error)
{
    struct stat directory;
    if (existing != NULL && S_ISLNK(existing->st_mode))
        existing = NULL;
    *ownership = (struct ownership){geteuid(), getegid(), 0644};
    if (target->permission == NULL)
        return true;
    if (fstat(target->directory, &directory) != 0)
        return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot examine the directory of %s",
                               target->path);
    return ownership_choose(target->permission, existing, &directory, ownership, error);
}

/* With an access control list, the group bits of a file's mode are the list's mask, which whoever
 * made the list set: they are not judged. */
static void keep_mask(int descriptor, const struct stat *status, struct ownership *ownership)
{
    BUF_AUTO struct buf acl = BUF(LIMIT_ATTRIBUTE_VALUE);
    if (((status->st_mode ^ ownership->mode) & S_IRWXG) != 0 &&
        attributes_read_acl(descriptor, &acl))
        ownership->mode = (ownership->mode & ~(mode_t)S_IRWXG) | (status->st_mode & S_IRWXG);
}

enum comparison target_compare(const struct target *target)
{
    struct stat status;
    struct ownership ownership;
    struct error ignored;
    FD_AUTO int descriptor = open_if_same(target, &status);
    if (descriptor < 0)
        return DIFFERENT;
    if (!target_choose_ownership(target, &status, &ownership, &ignored))
        return SAME_BUT_ATTRIBUTES;
    keep_mask(descriptor, &status, &ownership);
    return ownership_matches(&ownership, &status) ? SAME : SAME_BUT_ATTRIBUTES;
}

bool target_repair(const struct target *target, struct error *error)
{
    struct stat status;
    struct ownership ownership;
    FD_AUTO int descriptor = open_if_same(target, &status);
    if (descriptor < 0)
        return error_set(error, ERROR_TRANSIENT, "another process has just changed %s",
                         target->path);
    if (!target_choose_ownership(target, &status, &ownership, error))
        return false;
    if (target->permission->default_mode)
        keep_mask(descriptor, &status, &ownership);
    return ownership_apply(descriptor, &ownership, target->path, error);
}

bool target_report_failure(int number, const char *verb, const struct target *target,
                           struct error *error)
{
    bool denied = number == EACCES || number == EPERM;
    error_set_errno(error, denied ? ERROR_DENIED : ERROR_TRANSIENT, number,
                    "cannot %s the new file for %s", verb, target->path);
    if (number == ENOSPC || number == EDQUOT)
        return error_advise(error, "free space on the file system that holds it (df)");
    if (denied)
        return error_advise(error, "let the agent's user write its directory");
    return error_advise(error, "check the file system that holds it (dmesg)");
}

/* Opens the file that is to be replaced to read its attributes, which needs no right to read the
 * file itself. Returns -1 when there is no regular file. */
static int open_replaced(const struct target *target)
{
    struct stat status;
    int file = open_regular(target->directory, target->name, &status);
    if (file >= 0 || errno != EACCES)
        return file;
    file = openat(target->directory, target->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 || (fstat(file, &status) == 0 && S_ISREG(status.st_mode)))
        return file;
    close(file);
    return -1;
}

/* Owner first, for which the kernel clears bits of the mode; then the access control list, which
 * gives nobody more than the mode that follows. */
static bool set_attributes(const struct target *target, int descriptor, struct ownership *ownership,
                           struct error *error)
{
    const struct attributes_place place = {target->arn, target->path};
    BUF_AUTO struct buf acl = BUF(LIMIT_ATTRIBUTE_VALUE);
    FD_AUTO int replaced = open_replaced(target);
    if (replaced >= 0)
        attributes_carry_over(&place, replaced, descriptor);
    if (replaced >= 0 && attributes_read_acl(replaced, &acl)) {
        struct ownership closed = *ownership;
        closed.mode = ownership->mode & (S_IRUSR | S_IWUSR);
        if (!ownership_apply(descriptor, &closed, target->path, error))
            return false;
        mode_t mode = ownership->mode;
        if (target->permission->default_mode)
            mode = (mode & ~(mode_t)S_IRWXG) | attributes_acl_mask(buf_str(&acl));
        if (attributes_set_acl(&place, descriptor, &acl, mode))
            ownership->mode = mode;
    }
    return ownership_apply(descriptor, ownership, target->path, error);
}

/* Sets everything else before it writes the data: a private key is never readable by others, not
 * even for a moment. */
static bool fill_temporary(const struct target *target, int descriptor, struct error *error)
{
    struct stat status;
    struct ownership ownership;
    bool exists = fstatat(target->directory, target->name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!target_choose_ownership(target, exists ? &status : NULL, &ownership, error))
        return false;
    if (target->permission == NULL ? !ownership_apply(descriptor, &ownership, target->path, error)
                                   : !set_attributes(target, descriptor, &ownership, error))
        return false;
    if (!write_all(descriptor, target->contents))
        return target_report_failure(errno, "write", target, error);
    return fsync(descriptor) == 0 || target_report_failure(errno, "sync", target, error);
}

bool target_write(const struct target *target, const char *generation, struct error *error)
{
    char name[NAME_MAX + 1];
    temporary_name(target->name, generation, TEMPORARY_NEW, name);
    int descriptor =
        openat(target->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
               S_IRUSR | S_IWUSR);
    if (descriptor < 0)
        return target_report_failure(errno, "create", target, error);
    bool done = fill_temporary(target, descriptor, error);
    if (close(descriptor) != 0 && done)
        done = target_report_failure(errno, "close", target, error);
    if (!done)
        unlinkat(target->directory, name, 0);
    return done;
}

bool target_read_link(const struct target *target, char text[PATH_MAX])
{
    ssize_t length = readlinkat(target->directory, target->name, text, PATH_MAX - 1);
    text[length < 0 ? 0 : length] = '\0';
    return length >= 0;
}

bool target_sync_directory(const struct target *target, struct error *error)
{
    if (safe_directory_sync(target->directory))
        return true;
    error_set_errno(error, ERROR_TRANSIENT, errno, "cannot sync the directory of %s", target->path);
    return error_advise(error, "check the disk or flash that holds it (dmesg)");
}

bool target_shares_directory(const struct target *a, const struct target *b)
{
    size_t length = (size_t)(a->name - a->path);
    return length == (size_t)(b->name - b->path) && memcmp(a->path, b->path, length) == 0;
}

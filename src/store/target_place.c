/* Putting the new version of a target in place, and the old one back. */
#include "store/target_internal.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/fs.h. */
enum { EXCHANGE_NAMES = 2 };

static bool exchange(int directory, const char *a, const char *b)
{
    return syscall(SYS_renameat2, directory, a, directory, b, EXCHANGE_NAMES) == 0;
}

static bool rename_in(int directory, const char *from, const char *to)
{
    return renameat(directory, from, directory, to) == 0;
}

/* As target_report_failure; what will not pass by itself is ERROR_PERMANENT. */
static bool report_move_failure(int number, const char *verb, const struct target *target,
                                struct error *error)
{
    static const int passing[] = {EIO, ENOSPC, ENOMEM, EROFS, EDQUOT, EINTR, EAGAIN};
    target_report_failure(number, verb, target, error);
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (number == passing[i])
            return false;
    if (error->kind == ERROR_TRANSIENT)
        error->kind = ERROR_PERMANENT;
    return false;
}

/* True when the old version has the new contents. It differs in its attributes or links only: it is
 * replaced, and need not be kept. */
static bool keeps_contents(const struct target *target)
{
    return target->old.kind == VERSION_FILE && strcmp(target->old.hash, target->hash) == 0;
}

/* --- keeping the old version ------------------------------------------------------------------ */

enum attempt { DONE, IMPOSSIBLE, FAILED };

/* Finds out whether the file system can exchange two names: exchanges the new temporary file with
 * an empty file, and moves it back. FAILED, with errno set, when it could not be moved back. */
static enum attempt try_exchange(const struct target *target, const char *new_name,
                                 const char *old_name)
{
    int descriptor = openat(target->directory, old_name,
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR);
    if (descriptor < 0)
        return FAILED;
    close(descriptor);
    if (exchange(target->directory, new_name, old_name))
        return rename_in(target->directory, old_name, new_name) ? DONE : FAILED;
    return unlinkat(target->directory, old_name, 0) == 0 ? IMPOSSIBLE : FAILED;
}

static bool copy_link(const struct target *target, const char *old_name)
{
    char text[PATH_MAX];
    return target_read_link(target, text) && symlinkat(text, target->directory, old_name) == 0;
}

/* Copies contents, owner and mode; a file system without hard links (FAT) has no attributes. The
 * copy is never readable by more users than the original: where this user may not give files away,
 * the group gets nothing. */
static bool fill_copy(int from, int to)
{
    struct stat status;
    BUF_AUTO struct buf contents = BUF_SECRET(LIMIT_INSTALLED_FILE);
    if (fstat(from, &status) != 0 || !read_all(from, &contents))
        return false;
    bool given = fchown(to, status.st_uid, status.st_gid) == 0;
    mode_t mode = status.st_mode & (given ? 07777 : S_IRWXU | S_IRWXO);
    return fchmod(to, mode) == 0 && write_all(to, buf_str(&contents)) && fsync(to) == 0;
}

static bool copy_file(const struct target *target, const char *old_name)
{
    FD_AUTO int from =
        openat(target->directory, target->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    FD_AUTO int to =
        from < 0 ? -1
                 : openat(target->directory, old_name,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (to >= 0 && fill_copy(from, to))
        return true;
    if (to >= 0)
        unlinkat(target->directory, old_name, 0);
    return false;
}

/* Makes the old temporary file. Returns false with errno set. */
static bool keep_copy(const struct target *target, const char *old_name)
{
    if (linkat(target->directory, target->name, target->directory, old_name, 0) == 0)
        return true;
    return target->old.kind == VERSION_LINK ? copy_link(target, old_name)
                                            : copy_file(target, old_name);
}

bool target_preserve_old(const struct target *target, const char *generation, struct error *error)
{
    char new_name[NAME_MAX + 1];
    char old_name[NAME_MAX + 1];
    temporary_name(target->name, generation, TEMPORARY_NEW, new_name);
    temporary_name(target->name, generation, TEMPORARY_OLD, old_name);
    if (target->old.kind == VERSION_ABSENT || keeps_contents(target))
        return true;
    enum attempt exchanged = try_exchange(target, new_name, old_name);
    if (exchanged == DONE || (exchanged == IMPOSSIBLE && keep_copy(target, old_name)))
        return true;
    int number = errno;
    if (exchanged == FAILED || (number != EACCES && number != EPERM))
        return target_report_failure(number, "keep the old version beside", target, error);
    error_set_errno(error, ERROR_PERMANENT, number,
                    "%s cannot be replaced: its present version could not be put back if the other "
                    "files of the certificate cannot be replaced",
                    target->path);
    return error_advise(error, "let the agent's user read it");
}

/* --- where the versions are ------------------------------------------------------------------- */

bool target_locate(const struct target *target, const char *generation, struct whereabouts *where,
                   struct error *error)
{
    char new_name[NAME_MAX + 1];
    char old_name[NAME_MAX + 1];
    struct version wanted = {.kind = VERSION_FILE};
    bool old_in_new_file = false;
    temporary_name(target->name, generation, TEMPORARY_NEW, new_name);
    temporary_name(target->name, generation, TEMPORARY_OLD, old_name);
    memcpy(wanted.hash, target->hash, sizeof wanted.hash);
    *where = (struct whereabouts){0};
    if (!version_is_at(target->directory, target->name, &wanted, &where->new_in_place, error) ||
        !version_is_at(target->directory, new_name, &wanted, &where->new_beside, error) ||
        !version_is_at(target->directory, target->name, &target->old, &where->old_in_place,
                       error) ||
        !version_is_at(target->directory, old_name, &target->old, &where->old_is_kept, error) ||
        !version_is_at(target->directory, new_name, &target->old, &old_in_new_file, error))
        return error_context(error, "%s", target->path);
    where->old_beside = where->old_is_kept || old_in_new_file;
    memcpy(where->old_name, where->old_is_kept ? old_name : new_name, sizeof old_name);
    return true;
}

bool target_has_new(const struct whereabouts *where)
{
    return where->new_in_place || where->new_beside;
}

bool target_has_old(const struct target *target, const struct whereabouts *where)
{
    return where->old_in_place ||
           (target->old.kind == VERSION_ABSENT ? where->new_in_place : where->old_beside);
}

bool target_is_new(const struct target *target, const struct whereabouts *where)
{
    return where->new_in_place && !(keeps_contents(target) && where->new_beside);
}

bool target_is_old(const struct whereabouts *where)
{
    return where->old_in_place;
}

/* --- moving ----------------------------------------------------------------------------------- */

bool target_rename(const struct target *target, const char *generation, struct error *error)
{
    char name[NAME_MAX + 1];
    temporary_name(target->name, generation, TEMPORARY_NEW, name);
    return rename_in(target->directory, name, target->name) ||
           report_move_failure(errno, "rename", target, error);
}

bool target_put_new(const struct target *target, const char *generation,
                    const struct whereabouts *where, struct error *error)
{
    char name[NAME_MAX + 1];
    char link[PATH_MAX];
    temporary_name(target->name, generation, TEMPORARY_NEW, name);
    /* Nothing to keep, kept already, or not there any more: a plain rename. */
    bool plain = target->old.kind == VERSION_ABSENT || keeps_contents(target) ||
                 where->old_is_kept || !where->old_in_place;
    bool was_link = target_read_link(target, link);
    if (!(plain ? rename_in(target->directory, name, target->name)
                : exchange(target->directory, name, target->name)))
        return report_move_failure(errno, "rename", target, error);
    if (was_link)
        log_warn("%s: %s was a symbolic link to %s; the file itself is there now", target->arn,
                 target->path, link);
    return true;
}

bool target_put_old(const struct target *target, const struct whereabouts *where,
                    struct error *error)
{
    bool moved = target->old.kind == VERSION_ABSENT
                     ? unlinkat(target->directory, target->name, 0) == 0
                     : rename_in(target->directory, where->old_name, target->name);
    return moved || report_move_failure(errno, "take back", target, error);
}

void target_remove_temporaries(const struct target *target, const char *generation)
{
    char name[NAME_MAX + 1];
    temporary_name(target->name, generation, TEMPORARY_NEW, name);
    unlinkat(target->directory, name, 0);
    temporary_name(target->name, generation, TEMPORARY_OLD, name);
    unlinkat(target->directory, name, 0);
}

#include "store/obstacles.h"

#include "base/capability.h"
#include "base/file.h"
#include "store/safe_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h> /* FS_IOC_GETFLAGS */
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The flags of statx(2) have the values of FS_IOC_GETFLAGS, which is for kernels and file systems
 * that do not report them there. Returns 0 when they cannot be had. */
static unsigned flags_of(int directory, const char *name)
{
    const unsigned asked = FS_IMMUTABLE_FL | FS_APPEND_FL;
    struct statx status;
    unsigned flags = 0;
    if (syscall(SYS_statx, directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &status) ==
            0 &&
        (status.stx_attributes_mask & asked) == asked)
        return (unsigned)status.stx_attributes & asked;
    FD_AUTO int file =
        openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return file >= 0 && syscall(SYS_ioctl, file, FS_IOC_GETFLAGS, &flags) == 0 ? flags & asked : 0;
}

static bool refuse_flag(unsigned flags, const struct target *target, bool of_directory,
                        struct error *error)
{
    bool immutable = (flags & FS_IMMUTABLE_FL) != 0;
    size_t length = strlen(target->path);
    if (of_directory)
        length = target->name - target->path > 1 ? (size_t)(target->name - target->path) - 1 : 1;
    error_set(error, ERROR_PERMANENT, "%s%s %s, so %s cannot be replaced",
              of_directory ? "the directory of " : "", target->path,
              immutable ? "is immutable" : "may only be appended to",
              of_directory ? "files in it" : "it");
    return error_advise(error, "remove the flag: chattr -%c %.*s", immutable ? 'i' : 'a',
                        (int)length, target->path);
}

/* Access control lists and capabilities count: the kernel is asked. Kernels before 5.8 only answer
 * for the user without its capabilities. */
static bool may_write(int directory)
{
    if (syscall(SYS_faccessat2, directory, ".", W_OK | X_OK, AT_EACCESS) == 0)
        return true;
    if (errno != ENOSYS && errno != EPERM)
        return false;
    return syscall(SYS_faccessat, directory, ".", W_OK | X_OK) == 0 ||
           (errno == EACCES && capability_is_effective(CAP_DAC_OVERRIDE));
}

static bool check_directory(const struct target *target, struct stat *status, struct error *error)
{
    if (target->directory < 0) {
        *error = target->open_error;
        return false;
    }
    if (fstat(target->directory, status) != 0)
        return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot examine the directory of %s",
                               target->path);
    unsigned flags = flags_of(target->directory, ".");
    if (flags != 0)
        return refuse_flag(flags, target, true, error);
    if (may_write(target->directory) || errno == EROFS)
        return true; /* check_rename says it */
    error_set_errno(error, ERROR_DENIED, errno, "this user may not write the directory of %s",
                    target->path);
    return error_advise(error, "let the agent's user write it");
}

/* `existing` is NULL when there is no file. */
static bool check_kind(const struct target *target, const struct stat *existing,
                       struct error *error)
{
    if (existing == NULL)
        return true;
    if (!S_ISREG(existing->st_mode) && !S_ISLNK(existing->st_mode))
        return error_refuse(error, ERROR_PERMANENT,
                            "remove it, or configure the path of the file itself",
                            "%s is %s and not a regular file", target->path,
                            S_ISDIR(existing->st_mode) ? "a directory" : "a special file");
    if (safe_is_mount_point(target->directory, target->name))
        return error_refuse(error, ERROR_PERMANENT, "mount the directory that holds it instead",
                            "%s is a mount point, which a rename cannot replace", target->path);
    return true;
}

static bool check_sticky(const struct target *target, const struct stat *existing,
                         const struct stat *directory, struct error *error)
{
    if (existing == NULL || (directory->st_mode & S_ISVTX) == 0 || existing->st_uid == geteuid() ||
        directory->st_uid == geteuid() || capability_is_effective(CAP_FOWNER))
        return true;
    error_set(error, ERROR_DENIED,
              "%s belongs to user %u, and its directory is sticky: this user may not replace it",
              target->path, (unsigned)existing->st_uid);
    return error_advise(error,
                        "give the file to user %u (chown), or remove the directory's sticky bit "
                        "(chmod -t)",
                        (unsigned)geteuid());
}

/* `existing` is the file in the target's place, examined into `status`; NULL when there is none. */
static bool find_existing(const struct target *target, struct stat *status,
                          const struct stat **existing, struct error *error)
{
    *existing = status;
    if (fstatat(target->directory, target->name, status, AT_SYMLINK_NOFOLLOW) == 0)
        return true;
    *existing = NULL;
    return errno == ENOENT ||
           error_set_errno(error, ERROR_TRANSIENT, errno, "cannot examine %s", target->path);
}

static bool check_rename(const struct target *target, const struct stat *existing,
                         const struct stat *directory, struct error *error)
{
    struct statvfs status;
    unsigned flags = existing != NULL ? flags_of(target->directory, target->name) : 0;
    if (!check_kind(target, existing, error))
        return false;
    if (fstatvfs(target->directory, &status) == 0 && (status.f_flag & ST_RDONLY) != 0)
        return error_refuse(error, ERROR_TRANSIENT, "mount it writable, or configure another path",
                            "the file system of %s is read-only", target->path);
    if (flags != 0)
        return refuse_flag(flags, target, false, error);
    return check_sticky(target, existing, directory, error);
}

bool target_preflight_rename(const struct target *target, struct error *error)
{
    struct stat status;
    struct stat directory;
    const struct stat *existing;
    return check_directory(target, &directory, error) &&
           find_existing(target, &status, &existing, error) &&
           check_rename(target, existing, &directory, error);
}

/* Only where "nothing is free" is certain: file systems that compress, or collect garbage, may find
 * room all the same. */
static bool is_full(int directory)
{
    struct statfs status;
    return fstatfs(directory, &status) == 0 &&
           (status.f_type == EXT4_SUPER_MAGIC || status.f_type == TMPFS_MAGIC) &&
           ((status.f_blocks > 0 && status.f_bfree == 0) ||
            (status.f_files > 0 && status.f_ffree == 0));
}

bool target_preflight(const struct target *target, struct error *error)
{
    struct stat status;
    struct stat directory;
    const struct stat *existing;
    struct ownership ownership;
    if (!check_directory(target, &directory, error) ||
        !find_existing(target, &status, &existing, error) ||
        !check_rename(target, existing, &directory, error) ||
        !target_choose_ownership(target, existing, &ownership, error) ||
        !ownership_check(&ownership, &directory, target->path, error))
        return false;
    if (!is_full(target->directory))
        return true;
    error_set_errno(error, ERROR_TRANSIENT, ENOSPC, "the file system of %s is full", target->path);
    return error_advise(error, "free space on the file system that holds it (df, df -i)");
}

#include "store/install_check.h"

#include "store/file_set.h"
#include "store/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_member_of(gid_t group)
{
    gid_t groups[256];
    int count = getgroups(256, groups);
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return group == getegid();
}

/* The packaged service runs as a user with capabilities, which access(2) does not consider. */
static bool has_capability(unsigned number)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective >> number & 1) != 0;
}

/* Returns true when fchown(2) will succeed. Without CAP_CHOWN, a user may only set groups that it
 * belongs to, on its own files. */
static bool may_change_owner(const struct ownership *ownership)
{
    return has_capability(CAP_CHOWN) ||
           (ownership->owner == geteuid() && is_member_of(ownership->group));
}

static bool check_ownership(const struct target *target, struct error *error)
{
    struct stat directory;
    struct stat existing;
    struct ownership ownership;
    if (fstat(target->directory, &directory) != 0)
        return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot examine the directory of %s",
                               target->path);
    bool exists = fstatat(target->directory, target->name, &existing, AT_SYMLINK_NOFOLLOW) == 0;
    if (!ownership_choose(target->permission, exists ? &existing : NULL, &directory, &ownership,
                          error))
        return false;
    if (may_change_owner(&ownership))
        return true;
    return error_refuse(
        error, ERROR_DENIED,
        "run the agent as root, or configure an owner and group that its user may set",
        "this user may not set the owner of %s to user %u and group %u", target->path,
        (unsigned)ownership.owner, (unsigned)ownership.group);
}

static bool check_directory(const struct target *target, struct error *error)
{
    if (target->directory < 0) {
        *error = target->open_error;
        return false;
    }
    if (syscall(SYS_faccessat, target->directory, ".", W_OK | X_OK) == 0 || errno == EROFS ||
        (errno == EACCES && has_capability(CAP_DAC_OVERRIDE)))
        return true; /* target_preflight reports a read-only file system */
    error_set_errno(error, ERROR_DENIED, errno, "this user may not write the directory of %s",
                    target->path);
    return error_advise(error, "let the agent's user write it");
}

size_t install_check(const struct certificate_config *certificate, install_obstacle report,
                     void *context)
{
    FILE_SET_AUTO struct file_set set = {0};
    struct error error = error_none();
    struct error reported = error_none();
    size_t obstacles = 0;
    file_set_open(certificate, &set, &error);
    for (size_t i = 0; i < set.count; i++) {
        const struct target *target = &set.targets[i];
        if (check_directory(target, &error) && target_preflight(target, &error) &&
            check_ownership(target, &error))
            continue;
        if (strcmp(error.message, reported.message) == 0)
            continue; /* the same as for the previous file, such as a missing directory */
        reported = error;
        obstacles++;
        report(context, certificate, &error);
    }
    return obstacles;
}

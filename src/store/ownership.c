#include "store/ownership.h"

#include "base/capability.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <unistd.h>

/* As in chown(1), a user whose name is a number comes before the user of that number. */
static bool owner_of_name(const char *name, uid_t *owner)
{
    const struct passwd *user = getpwnam(name);
    uint64_t number = 0;
    if (user == NULL && !str_to_unsigned(str_from(name), UINT32_MAX - 1, &number))
        return false;
    *owner = user != NULL ? user->pw_uid : (uid_t)number;
    return true;
}

static bool group_of_name(const char *name, gid_t *group)
{
    const struct group *entry = getgrnam(name);
    uint64_t number = 0;
    if (entry == NULL && !str_to_unsigned(str_from(name), UINT32_MAX - 1, &number))
        return false;
    *group = entry != NULL ? entry->gr_gid : (gid_t)number;
    return true;
}

bool ownership_choose(const struct permission *permission, const struct stat *existing,
                      const struct stat *directory, struct ownership *ownership,
                      struct error *error)
{
    const struct stat *model = existing != NULL ? existing : geteuid() == 0 ? directory : NULL;
    ownership->owner = model != NULL ? model->st_uid : OWNERSHIP_OF_KERNEL;
    ownership->group = model != NULL ? model->st_gid : OWNERSHIP_OF_KERNEL;
    ownership->mode = permission->mode;
    if (permission->owner != NULL && !owner_of_name(permission->owner, &ownership->owner))
        return error_refuse(error, ERROR_PERMANENT,
                            "create the user or correct \"owner\" in the configuration",
                            "there is no user %s on this machine", permission->owner);
    if (permission->group != NULL && !group_of_name(permission->group, &ownership->group))
        return error_refuse(error, ERROR_PERMANENT,
                            "create the group or correct \"group\" in the configuration",
                            "there is no group %s on this machine", permission->group);
    return true;
}

static bool is_member_of(gid_t group)
{
    gid_t groups[256];
    int count = getgroups(256, groups);
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return group == getegid();
}

/* Without CAP_CHOWN, a user may set the groups that it belongs to, on its own files. The mode is
 * set after the owner, which takes CAP_FOWNER on somebody else's file. */
static bool is_allowed(uid_t owner, gid_t group, const struct stat *directory)
{
    bool may_chown = capability_is_effective(CAP_CHOWN);
    bool given_group = (directory->st_mode & S_ISGID) != 0 && group == directory->st_gid;
    return (owner == geteuid() || (may_chown && capability_is_effective(CAP_FOWNER))) &&
           (given_group || may_chown || is_member_of(group));
}

static bool refuse_owner(uid_t owner, gid_t group, const char *path, struct error *error)
{
    return error_refuse(error, ERROR_DENIED,
                        "run the agent as root, or configure an owner and group that its user may "
                        "set",
                        "this user may not set the owner of %s to user %u and group %u", path,
                        (unsigned)owner, (unsigned)group);
}

bool ownership_check(const struct ownership *ownership, const struct stat *directory,
                     const char *path, struct error *error)
{
    uid_t owner = ownership->owner == OWNERSHIP_OF_KERNEL ? geteuid() : ownership->owner;
    gid_t group = ownership->group == OWNERSHIP_OF_KERNEL ? getegid() : ownership->group;
    return is_allowed(owner, group, directory) || refuse_owner(owner, group, path, error);
}

static bool owner_matches(const struct ownership *ownership, const struct stat *status)
{
    return (ownership->owner == OWNERSHIP_OF_KERNEL || ownership->owner == status->st_uid) &&
           (ownership->group == OWNERSHIP_OF_KERNEL || ownership->group == status->st_gid);
}

bool ownership_matches(const struct ownership *ownership, const struct stat *status)
{
    return owner_matches(ownership, status) && (status->st_mode & 07777) == ownership->mode;
}

static bool set_mode(int descriptor, mode_t mode, const char *path, struct error *error)
{
    return fchmod(descriptor, mode) == 0 ||
           error_set_errno(error, errno == EPERM ? ERROR_DENIED : ERROR_TRANSIENT, errno,
                           "cannot set the mode of %s", path);
}

bool ownership_apply(int descriptor, const struct ownership *ownership, const char *path,
                     struct error *error)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot examine the new file for %s",
                               path);
    if (!owner_matches(ownership, &status)) {
        mode_t narrow = status.st_mode & ownership->mode;
        if ((status.st_mode & 07777) != narrow && !set_mode(descriptor, narrow, path, error))
            return false;
        uid_t owner = ownership->owner == OWNERSHIP_OF_KERNEL ? status.st_uid : ownership->owner;
        gid_t group = ownership->group == OWNERSHIP_OF_KERNEL ? status.st_gid : ownership->group;
        if (fchown(descriptor, owner, group) != 0)
            return errno == EPERM
                       ? refuse_owner(owner, group, path, error)
                       : error_set_errno(error, ERROR_TRANSIENT, errno,
                                         "cannot set the owner of %s to user %u and group %u", path,
                                         (unsigned)owner, (unsigned)group);
    }
    return set_mode(descriptor, ownership->mode, path, error);
}

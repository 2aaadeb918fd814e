#include "store/ownership.h"

#include <errno.h>
#include <grp.h>
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
    ownership->owner = model != NULL ? model->st_uid : geteuid();
    ownership->group = model != NULL ? model->st_gid : getegid();
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

bool ownership_matches(const struct ownership *ownership, const struct stat *status)
{
    return status->st_uid == ownership->owner && status->st_gid == ownership->group &&
           (status->st_mode & 07777) == ownership->mode;
}

bool ownership_apply(int descriptor, const struct ownership *ownership, const char *path,
                     struct error *error)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot examine the new file for %s",
                               path);
    if ((status.st_uid != ownership->owner || status.st_gid != ownership->group) &&
        fchown(descriptor, ownership->owner, ownership->group) != 0) {
        error_set_errno(error, errno == EPERM ? ERROR_DENIED : ERROR_TRANSIENT, errno,
                        "cannot set the owner of %s to user %u and group %u", path,
                        (unsigned)ownership->owner, (unsigned)ownership->group);
        return error_advise(
            error, "run the agent as root, or configure an owner and group that its user may set");
    }
    if (fchmod(descriptor, ownership->mode) != 0)
        return error_set_errno(error, errno == EPERM ? ERROR_DENIED : ERROR_TRANSIENT, errno,
                               "cannot set the mode of %s", path);
    return true;
}

/* Calls that tell or change what a file is. */
#include "simulation/calls.h"
#include "simulation/faults.h"
#include "simulation/history.h"
#include "simulation/watches.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>

enum { EXT4_MAGIC = 0xef53, MOUNT_ROOT = 0x2000 };

static const unsigned kinds[] = {
    [INODE_FILE] = S_IFREG,
    [INODE_DIRECTORY] = S_IFDIR,
    [INODE_LINK] = S_IFLNK,
    [INODE_DEVICE] = S_IFCHR,
};

static void fill_status(const struct inode *inode, struct stat *status)
{
    const struct attributes *attributes = &inode->now.attributes;
    memset(status, 0, sizeof *status);
    status->st_dev = makedev(8, inode->disk->index);
    status->st_ino = inode->number;
    status->st_mode = kinds[inode->kind] | attributes->mode;
    status->st_nlink = inode->kind == INODE_DIRECTORY ? 2 : inode->links;
    status->st_uid = attributes->owner;
    status->st_gid = attributes->group;
    status->st_size = (off_t)inode->now.bytes.length;
    status->st_blksize = 4096;
    status->st_mtim.tv_sec = inode->changed_at / SECONDS;
    status->st_ctim = status->st_mtim;
}

/* Pipes, timers, /proc: what they are, and nothing of interest. */
static void fill_other_status(const struct file *file, struct stat *status)
{
    memset(status, 0, sizeof *status);
    bool pipe = file->kind == OPEN_PIPE_READ || file->kind == OPEN_PIPE_WRITE;
    status->st_mode = (pipe ? S_IFIFO : file->kind == OPEN_TEXT ? S_IFREG : S_IFCHR) | 0600;
    status->st_nlink = 1;
    status->st_dev = 1;
}

/* Finds the file of a path, or with AT_EMPTY_PATH of a descriptor. */
static long find_place(int directory, const char *path, int flags, struct place *place)
{
    struct walked walked;
    if (path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0) {
        const struct file *file = call_file(directory);
        if (file == NULL)
            return -EBADF;
        *place = file->place;
        return 0;
    }
    bool follows = (flags & AT_SYMLINK_NOFOLLOW) == 0;
    long error = call_walk(directory, path, follows ? WALK_FOLLOW : 0, &walked);
    if (error == 0)
        error = fault_of(CALL_stat, walked.directory.inode->disk);
    if (error == 0 && walked.found.inode == NULL)
        error = -ENOENT;
    *place = walked.found;
    return error;
}

long call_stat(int directory, const char *path, int flags, struct stat *status)
{
    struct place place = {.inode = NULL};
    call_begin(CALL_stat);
    long result = find_place(directory, path, flags, &place);
    if (result == 0 && place.inode != NULL)
        fill_status(place.inode, status);
    else if (result == 0)
        fill_other_status(call_file(directory), status);
    history("stat(%s) = %ld", path, result);
    return result;
}

long call_statx(int directory, const char *path, int flags, struct statx *status)
{
    struct place place = {.inode = NULL};
    struct stat basic;
    call_begin(CALL_stat);
    long result = find_place(directory, path, flags, &place);
    memset(status, 0, sizeof *status);
    if (result == 0 && place.inode == NULL)
        result = -EINVAL;
    if (result == 0) {
        fill_status(place.inode, &basic);
        status->stx_mask = STATX_BASIC_STATS;
        status->stx_mode = (uint16_t)basic.st_mode;
        status->stx_nlink = (uint32_t)basic.st_nlink;
        status->stx_uid = basic.st_uid;
        status->stx_gid = basic.st_gid;
        status->stx_ino = basic.st_ino;
        status->stx_size = (uint64_t)basic.st_size;
        status->stx_dev_major = major(basic.st_dev);
        status->stx_dev_minor = minor(basic.st_dev);
        unsigned flagged = place.inode->now.attributes.flags;
        status->stx_attributes_mask = MOUNT_ROOT | STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
        status->stx_attributes =
            (place.inode == place.mount->root ? MOUNT_ROOT : 0u) |
            ((flagged & FS_IMMUTABLE_FL) != 0 ? (unsigned)STATX_ATTR_IMMUTABLE : 0u) |
            ((flagged & FS_APPEND_FL) != 0 ? (unsigned)STATX_ATTR_APPEND : 0u);
    }
    history("statx(%s) = %ld", path, result);
    return result;
}

long call_stat_file_system(int descriptor, unsigned *type, bool *read_only)
{
    const struct file *file = call_file(descriptor);
    call_begin(CALL_statfs);
    if (file == NULL || file->place.inode == NULL)
        return -EBADF;
    *type = EXT4_MAGIC;
    *read_only = file->place.mount->read_only;
    return fault_of(CALL_statfs, file->place.inode->disk);
}

long call_access(int directory, const char *path, int wanted)
{
    struct place place = {.inode = NULL};
    call_begin(CALL_access);
    long result = find_place(directory, path, 0, &place);
    if (result == 0 && !inode_allows(place.inode, current->user, (unsigned)wanted))
        result = -EACCES;
    if (result == 0 && (wanted & 2) != 0 && place.mount->read_only)
        result = -EROFS;
    history("access(%s, %d) = %ld", path, wanted, result);
    return result;
}

/* Checks a change of attributes; on success `inode` is the file. */
static long may_set_attributes(int descriptor, enum call call, struct inode **inode)
{
    const struct file *file = call_file(descriptor);
    call_begin(call);
    if (file == NULL || file->kind != OPEN_INODE)
        return -EBADF;
    *inode = file->place.inode;
    if (file->place.mount->read_only)
        return -EROFS;
    if (current->user != 0 && current->user != (*inode)->now.attributes.owner)
        return -EPERM;
    if (((*inode)->now.attributes.flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0)
        return -EPERM;
    return fault_of(call, (*inode)->disk);
}

static void set_attributes(int descriptor, struct inode *inode, struct attributes attributes)
{
    const struct file *file = call_file(descriptor);
    inode_set_attributes(inode, attributes);
    if (file->directory != NULL)
        watches_tell(file->directory, IN_ATTRIB, file->name);
}

long call_change_mode(int descriptor, unsigned mode)
{
    struct inode *inode = NULL;
    long result = may_set_attributes(descriptor, CALL_chmod, &inode);
    if (result == 0) {
        struct attributes attributes = inode->now.attributes;
        attributes.mode = mode & 07777;
        set_attributes(descriptor, inode, attributes);
    }
    history("fchmod(%d, %o) = %ld", descriptor, mode, result);
    return result;
}

long call_change_owner(int descriptor, unsigned owner, unsigned group)
{
    struct inode *inode = NULL;
    long result = may_set_attributes(descriptor, CALL_chown, &inode);
    if (result == 0 && current->user != 0 && (owner != current->user || group != current->user))
        result = -EPERM;
    if (result == 0) {
        struct attributes attributes = inode->now.attributes;
        attributes.owner = owner;
        attributes.group = group;
        set_attributes(descriptor, inode, attributes);
    }
    history("fchown(%d, %u, %u) = %ld", descriptor, owner, group, result);
    return result;
}

long call_get_flags(int descriptor, unsigned *flags)
{
    const struct file *file = call_file(descriptor);
    call_begin(CALL_flags);
    if (file == NULL || file->kind != OPEN_INODE)
        return file == NULL || file->kind == OPEN_PATH ? -EBADF : -ENOTTY;
    *flags = file->place.inode->now.attributes.flags;
    return fault_of(CALL_flags, file->place.inode->disk);
}

long call_attribute(int descriptor, bool by_path)
{
    const struct file *file = call_file(descriptor);
    call_begin(CALL_xattr);
    if (file == NULL || (file->kind == OPEN_PATH && !by_path))
        return -EBADF;
    long result = fault_of(CALL_xattr, file->place.inode == NULL ? NULL : file->place.inode->disk);
    return result != 0 ? result : -ENODATA;
}

long call_list(int descriptor, size_t *position, char *out, size_t size, unsigned *kind,
               ino_t *number)
{
    const struct file *file = call_file(descriptor);
    if (*position == 0)
        call_begin(CALL_list);
    if (file == NULL || file->place.inode == NULL)
        return -EBADF;
    const struct entries *entries = &file->place.inode->now.entries;
    long error = *position == 0 ? fault_of(CALL_list, file->place.inode->disk) : 0;
    if (error != 0 || *position == 1)
        return error;
    /* From the last one: taking a name away puts the last one into its place. The position is 1
     * plus the number of names that are left. */
    size_t left = *position == 0 || *position - 1 > entries->count ? entries->count : *position - 1;
    *position = left == 0 ? 1 : left;
    if (left == 0)
        return 0;
    const struct entry *entry = &entries->items[left - 1];
    size_t length = strlen(entry->name);
    if (length + 1 > size)
        return -EINVAL;
    memcpy(out, entry->name, length + 1);
    *kind = kinds[entry->inode->kind] >> 12;
    *number = entry->inode->number;
    return 1;
}

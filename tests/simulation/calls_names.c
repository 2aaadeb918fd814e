/* Calls that look up, make, rename and remove names. */
#include "simulation/calls.h"
#include "simulation/faults.h"
#include "simulation/history.h"
#include "simulation/proc_files.h"
#include "simulation/watches.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

int call_walk(int directory, const char *path, unsigned flags, struct walked *walked)
{
    struct place start = current->working_directory;
    if (directory != AT_FDCWD && path[0] != '/') {
        const struct file *file = call_file(directory);
        if (file == NULL)
            return -EBADF;
        start = file->place;
        if (start.inode == NULL || start.inode->kind != INODE_DIRECTORY)
            return -ENOTDIR;
    }
    return walk(start, path, flags, current->user, walked);
}

void call_mutated(void)
{
    if (kernel.after_mutation != NULL)
        kernel.after_mutation();
}

/* What must hold before a name in a directory is given or taken away. `existing` may be NULL. */
static int may_change_names(struct place directory, const struct inode *existing)
{
    const struct attributes *attributes = &directory.inode->now.attributes;
    if (directory.mount->read_only)
        return -EROFS;
    if (!inode_allows(directory.inode, current->user, 3))
        return -EACCES;
    if ((attributes->flags & FS_IMMUTABLE_FL) != 0)
        return -EPERM;
    if (existing == NULL)
        return 0;
    if ((attributes->flags & FS_APPEND_FL) != 0 ||
        (existing->now.attributes.flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0)
        return -EPERM;
    if ((attributes->mode & S_ISVTX) != 0 && current->user != 0 &&
        current->user != attributes->owner && current->user != existing->now.attributes.owner)
        return -EPERM;
    return 0;
}

static void change_name(struct place directory, const char *name, struct inode *inode)
{
    const struct change change = {.namings = {{directory.inode, name, inode}}, .count = 1};
    disk_change(directory.inode->disk, &change);
    directory.inode->changed_at = kernel.now;
}

static struct attributes new_attributes(unsigned mode)
{
    return (struct attributes){.mode = mode, .owner = current->user, .group = current->user};
}

/* --- open --- */

static long create_file(const struct walked *walked, int flags, unsigned mode, struct inode **out)
{
    int error = fault_of(CALL_create, walked->directory.inode->disk);
    if (error == 0)
        error = may_change_names(walked->directory, NULL);
    if (error != 0)
        return error;
    *out = inode_new(walked->directory.inode->disk, INODE_FILE, new_attributes(mode & 07777));
    change_name(walked->directory, walked->name, *out);
    watches_tell(walked->directory.inode, IN_CREATE, walked->name);
    (void)flags;
    return 0;
}

static unsigned wanted_access(int flags)
{
    int mode = flags & O_ACCMODE;
    return mode == O_RDONLY ? 4 : mode == O_WRONLY ? 2 : 6;
}

/* What must hold before an existing file is opened. */
static int may_open(struct place place, int flags)
{
    const struct inode *inode = place.inode;
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return -EEXIST;
    if ((flags & O_DIRECTORY) != 0 && inode->kind != INODE_DIRECTORY)
        return -ENOTDIR;
    if (inode->kind == INODE_LINK && (flags & O_PATH) == 0)
        return -ELOOP;
    if ((flags & O_PATH) != 0)
        return 0;
    if (inode->kind == INODE_DIRECTORY && (writes || (flags & O_CREAT) != 0))
        return -EISDIR;
    if (!inode_allows(inode, current->user, wanted_access(flags)))
        return -EACCES;
    if (writes && place.mount->read_only)
        return -EROFS;
    if (writes && (inode->now.attributes.flags & FS_IMMUTABLE_FL) != 0)
        return -EPERM;
    return 0;
}

static long open_walked(const struct walked *walked, int flags, unsigned mode)
{
    struct place place = walked->found;
    long error = 0;
    if (place.inode == NULL) {
        if ((flags & O_CREAT) == 0)
            return -ENOENT;
        place.mount = walked->directory.mount;
        error = create_file(walked, flags, mode, &place.inode);
    } else {
        error = may_open(place, flags);
    }
    if (error != 0)
        return error;
    struct file *file = file_of_place((flags & O_PATH) != 0 ? OPEN_PATH : OPEN_INODE, place, flags);
    if (file == NULL)
        return -ENFILE;
    if (walked->name != NULL && place.inode->kind == INODE_FILE) {
        file->directory = walked->directory.inode;
        file->name = walked->name;
        inode_hold(file->directory);
    }
    if ((flags & O_TRUNC) != 0 && place.inode->kind == INODE_FILE)
        inode_truncate(place.inode, 0);
    return call_descriptor(file, flags);
}

long call_open(int directory, const char *path, int flags, unsigned mode, unsigned walk_flags)
{
    struct walked walked = {.name = NULL};
    call_begin(CALL_open);
    long result = proc_open(path, flags);
    if (result == -ENOSYS) {
        bool follows =
            (flags & O_NOFOLLOW) == 0 && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
        result = call_walk(directory, path, walk_flags | (follows ? WALK_FOLLOW : 0), &walked);
        if (result == 0)
            result = fault_of(CALL_open, walked.directory.inode->disk);
        if (result == 0)
            result = open_walked(&walked, flags, mode);
    }
    history("open(%s, %#x) = %ld", path, (unsigned)flags, result);
    if (result >= 0 && (flags & (O_CREAT | O_TRUNC)) != 0)
        call_mutated();
    return result;
}

/* --- rename --- */

static bool is_above(const struct inode *inode, const struct inode *directory)
{
    while (directory != inode && directory->parent != directory)
        directory = directory->parent;
    return directory == inode;
}

static int may_replace(const struct walked *old, const struct walked *new, unsigned flags)
{
    const struct inode *replaced = new->found.inode;
    if (old->found.inode == NULL)
        return -ENOENT;
    if (old->directory.mount != new->directory.mount)
        return -EXDEV;
    if ((flags & RENAME_NOREPLACE) != 0 && replaced != NULL)
        return -EEXIST;
    if ((flags & RENAME_EXCHANGE) != 0 && replaced == NULL)
        return -ENOENT;
    if (old->found.mount != old->directory.mount ||
        (replaced != NULL && new->found.mount != new->directory.mount))
        return -EBUSY;
    if (replaced == NULL || (flags & RENAME_EXCHANGE) != 0)
        return 0;
    if (is_above(replaced, old->directory.inode))
        return -ENOTEMPTY;
    if (replaced->kind == INODE_DIRECTORY && old->found.inode->kind != INODE_DIRECTORY)
        return -EISDIR;
    if (replaced->kind != INODE_DIRECTORY && old->found.inode->kind == INODE_DIRECTORY)
        return -ENOTDIR;
    return replaced->now.entries.count > 0 ? -ENOTEMPTY : 0;
}

static void move_names(const struct walked *old, const struct walked *new, unsigned flags)
{
    struct inode *moved = old->found.inode;
    struct inode *replaced = new->found.inode;
    if (moved == replaced)
        return;
    const struct change change = {
        .namings = {{old->directory.inode, old->name,
                     (flags & RENAME_EXCHANGE) != 0 ? replaced : NULL},
                    {new->directory.inode, new->name, moved}},
        .count = 2,
    };
    disk_change(moved->disk, &change);
    watches_tell(old->directory.inode, IN_MOVED_FROM, old->name);
    watches_tell(new->directory.inode, IN_MOVED_TO, new->name);
}

long call_rename(int from, const char *old, int to, const char *new, unsigned flags)
{
    struct walked source;
    struct walked target;
    bool exchanges = (flags & RENAME_EXCHANGE) != 0;
    call_begin(exchanges ? CALL_exchange : CALL_rename);
    int error = call_walk(from, old, 0, &source);
    if (error == 0)
        error = call_walk(to, new, 0, &target);
    if (error == 0 && (source.name == NULL || target.name == NULL))
        error = source.name != NULL && (flags & RENAME_NOREPLACE) != 0 ? -EEXIST : -EBUSY;
    if (error == 0)
        error = fault_of(exchanges ? CALL_exchange : CALL_rename, target.directory.inode->disk);
    if (error == 0 && exchanges && target.directory.inode->disk->no_exchange)
        error = -EINVAL;
    if (error == 0)
        error = may_replace(&source, &target, flags);
    if (error == 0)
        error = may_change_names(source.directory, source.found.inode);
    if (error == 0)
        error = may_change_names(target.directory, target.found.inode);
    if (error == 0)
        move_names(&source, &target, flags);
    history("%s(%s, %s) = %d", exchanges ? "exchange" : "rename", old, new, error);
    if (error == 0)
        call_mutated();
    return error;
}

/* --- other names --- */

long call_link(int from, const char *old, int to, const char *new, int flags)
{
    struct walked source;
    struct walked target;
    call_begin(CALL_link);
    int error = call_walk(from, old, (flags & AT_SYMLINK_FOLLOW) != 0 ? WALK_FOLLOW : 0, &source);
    if (error == 0 && source.found.inode == NULL)
        error = -ENOENT;
    if (error == 0)
        error = call_walk(to, new, 0, &target);
    if (error == 0)
        error = fault_of(CALL_link, target.directory.inode->disk);
    if (error == 0 && target.found.inode != NULL)
        error = -EEXIST;
    if (error == 0 && source.found.mount != target.directory.mount)
        error = -EXDEV;
    if (error == 0 &&
        (source.found.inode->kind == INODE_DIRECTORY || source.found.inode->disk->no_hard_links ||
         (source.found.inode->now.attributes.flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0))
        error = -EPERM;
    if (error == 0)
        error = may_change_names(target.directory, NULL);
    if (error == 0)
        change_name(target.directory, target.name, source.found.inode);
    history("link(%s, %s) = %d", old, new, error);
    if (error == 0)
        call_mutated();
    return error;
}

static int may_unlink(const struct walked *walked, bool directory)
{
    const struct inode *inode = walked->found.inode;
    if (inode == NULL)
        return -ENOENT;
    if (walked->name == NULL)
        return directory ? -EINVAL : -EISDIR;
    if (walked->found.mount != walked->directory.mount)
        return -EBUSY;
    if (directory && inode->kind != INODE_DIRECTORY)
        return -ENOTDIR;
    if (!directory && inode->kind == INODE_DIRECTORY)
        return -EISDIR;
    if (directory && inode->now.entries.count > 0)
        return -ENOTEMPTY;
    return may_change_names(walked->directory, inode);
}

long call_unlink(int directory, const char *path, int flags)
{
    struct walked walked;
    call_begin(CALL_unlink);
    int error = call_walk(directory, path, 0, &walked);
    if (error == 0)
        error = fault_of(CALL_unlink, walked.directory.inode->disk);
    if (error == 0)
        error = may_unlink(&walked, (flags & AT_REMOVEDIR) != 0);
    if (error == 0) {
        if ((flags & AT_REMOVEDIR) != 0)
            watches_tell(walked.found.inode, IN_DELETE_SELF, NULL);
        watches_tell(walked.directory.inode, IN_DELETE, walked.name);
        change_name(walked.directory, walked.name, NULL);
    }
    history("unlink(%s) = %d", path, error);
    if (error == 0)
        call_mutated();
    return error;
}

/* Makes a directory or a link. */
static long make_inode(int directory, const char *path, enum inode_kind kind, unsigned mode,
                       const char *text)
{
    struct walked walked;
    int error = call_walk(directory, path, 0, &walked);
    if (error == 0)
        error =
            fault_of(kind == INODE_LINK ? CALL_symlink : CALL_mkdir, walked.directory.inode->disk);
    if (error == 0 && walked.found.inode != NULL)
        error = -EEXIST;
    if (error == 0)
        error = may_change_names(walked.directory, NULL);
    if (error != 0)
        return error;
    struct inode *inode = inode_new(walked.directory.inode->disk, kind, new_attributes(mode));
    if (text != NULL)
        inode_write(inode, 0, text, strlen(text));
    inode->parent = walked.directory.inode;
    inode_hold(inode);
    inode_sync(inode); /* its contents come with its name */
    change_name(walked.directory, walked.name, inode);
    inode_release(inode);
    watches_tell(walked.directory.inode, IN_CREATE, walked.name);
    return 0;
}

long call_make_directory(int directory, const char *path, unsigned mode)
{
    call_begin(CALL_mkdir);
    long result = make_inode(directory, path, INODE_DIRECTORY, mode & 07777, NULL);
    history("mkdir(%s) = %ld", path, result);
    return result;
}

long call_make_link(const char *text, int directory, const char *path)
{
    call_begin(CALL_symlink);
    long result = make_inode(directory, path, INODE_LINK, 0777, text);
    history("symlink(%s, %s) = %ld", text, path, result);
    return result;
}

long call_read_link(int directory, const char *path, char *out, size_t size)
{
    struct walked walked;
    call_begin(CALL_readlink);
    long result = proc_read_link(path, out, size);
    if (result == -ENOSYS) {
        result = call_walk(directory, path, 0, &walked);
        if (result == 0 && walked.found.inode == NULL)
            result = -ENOENT;
        if (result == 0 && walked.found.inode->kind != INODE_LINK)
            result = -EINVAL;
        if (result == 0) {
            const struct bytes *text = &walked.found.inode->now.bytes;
            result = (long)(text->length < size ? text->length : size);
            memcpy(out, text->data, (size_t)result);
        }
    }
    history("readlink(%s) = %ld", path, result);
    return result;
}

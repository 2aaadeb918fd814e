/* File calls of the C library. */
#include "simulation/room.h"
#include "simulation/wrap.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

static unsigned mode_argument(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? va_arg(arguments, unsigned) : 0;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    unsigned mode = mode_argument(flags, arguments);
    va_end(arguments);
    return (int)wrap_result(call_open(AT_FDCWD, path, flags, mode, 0));
}

int __wrap_openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    unsigned mode = mode_argument(flags, arguments);
    va_end(arguments);
    return (int)wrap_result(call_open(directory, path, flags, mode, 0));
}

int __wrap_close(int descriptor)
{
    return (int)wrap_result(call_close(descriptor));
}

ssize_t __wrap_read(int descriptor, void *out, size_t size)
{
    return wrap_result(call_read(descriptor, out, size, -1));
}

ssize_t __wrap_pread(int descriptor, void *out, size_t size, off_t offset)
{
    return wrap_result(call_read(descriptor, out, size, offset));
}

ssize_t __wrap_write(int descriptor, const void *data, size_t size)
{
    return wrap_result(call_write(descriptor, data, size, -1));
}

ssize_t __wrap_pwrite(int descriptor, const void *data, size_t size, off_t offset)
{
    return wrap_result(call_write(descriptor, data, size, offset));
}

ssize_t __wrap_writev(int descriptor, const struct iovec *parts, int count)
{
    ssize_t written = 0;
    for (int i = 0; i < count; i++) {
        ssize_t one = __wrap_write(descriptor, parts[i].iov_base, parts[i].iov_len);
        if (one < 0)
            return written > 0 ? written : -1;
        written += one;
        if ((size_t)one < parts[i].iov_len)
            break;
    }
    return written;
}

off_t __wrap_lseek(int descriptor, off_t offset, int whence)
{
    return wrap_result(call_seek(descriptor, offset, whence));
}

int __wrap_ftruncate(int descriptor, off_t length)
{
    return (int)wrap_result(call_truncate(descriptor, length));
}

int __wrap_fsync(int descriptor)
{
    return (int)wrap_result(call_sync(descriptor));
}

int __wrap_fdatasync(int descriptor)
{
    return __wrap_fsync(descriptor);
}

int __wrap_dup(int descriptor)
{
    return (int)wrap_result(call_duplicate(descriptor, 0, false));
}

int __wrap_dup2(int descriptor, int other)
{
    return (int)wrap_result(call_replace_descriptor(descriptor, other));
}

int __wrap_fchmod(int descriptor, mode_t mode)
{
    return (int)wrap_result(call_change_mode(descriptor, mode));
}

int __wrap_fchown(int descriptor, uid_t owner, gid_t group)
{
    return (int)wrap_result(call_change_owner(descriptor, owner, group));
}

/* --- names --- */

int __wrap_rename(const char *old, const char *new)
{
    return (int)wrap_result(call_rename(AT_FDCWD, old, AT_FDCWD, new, 0));
}

int __wrap_renameat(int from, const char *old, int to, const char *new)
{
    return (int)wrap_result(call_rename(from, old, to, new, 0));
}

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
    return (int)wrap_result(call_rename(from, old, to, new, flags));
}

int __wrap_link(const char *old, const char *new)
{
    return (int)wrap_result(call_link(AT_FDCWD, old, AT_FDCWD, new, 0));
}

int __wrap_linkat(int from, const char *old, int to, const char *new, int flags)
{
    return (int)wrap_result(call_link(from, old, to, new, flags));
}

int __wrap_symlink(const char *text, const char *path)
{
    return (int)wrap_result(call_make_link(text, AT_FDCWD, path));
}

int __wrap_symlinkat(const char *text, int directory, const char *path)
{
    return (int)wrap_result(call_make_link(text, directory, path));
}

ssize_t __wrap_readlink(const char *path, char *out, size_t size)
{
    return wrap_result(call_read_link(AT_FDCWD, path, out, size));
}

ssize_t __wrap_readlinkat(int directory, const char *path, char *out, size_t size)
{
    return wrap_result(call_read_link(directory, path, out, size));
}

int __wrap_unlink(const char *path)
{
    return (int)wrap_result(call_unlink(AT_FDCWD, path, 0));
}

int __wrap_unlinkat(int directory, const char *path, int flags)
{
    return (int)wrap_result(call_unlink(directory, path, flags));
}

int __wrap_rmdir(const char *path)
{
    return (int)wrap_result(call_unlink(AT_FDCWD, path, AT_REMOVEDIR));
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return (int)wrap_result(call_make_directory(AT_FDCWD, path, mode));
}

int __wrap_mkdirat(int directory, const char *path, mode_t mode)
{
    return (int)wrap_result(call_make_directory(directory, path, mode));
}

char *__wrap_getcwd(char *out, size_t size)
{
    place_path(current->working_directory, NULL, out, size);
    return out;
}

/* --- what files are --- */

int __wrap_fstatat(int directory, const char *path, struct stat *status, int flags)
{
    return (int)wrap_result(call_stat(directory, path, flags, status));
}

int __wrap_stat(const char *path, struct stat *status)
{
    return __wrap_fstatat(AT_FDCWD, path, status, 0);
}

int __wrap_lstat(const char *path, struct stat *status)
{
    return __wrap_fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

int __wrap_fstat(int descriptor, struct stat *status)
{
    return __wrap_fstatat(descriptor, "", status, AT_EMPTY_PATH);
}

int __wrap_statx(int directory, const char *path, int flags, unsigned mask, struct statx *status)
{
    (void)mask;
    return (int)wrap_result(call_statx(directory, path, flags, status));
}

int __wrap_fstatvfs(int descriptor, struct statvfs *out)
{
    unsigned type = 0;
    bool read_only = false;
    long result = call_stat_file_system(descriptor, &type, &read_only);
    *out = (struct statvfs){.f_bsize = 4096,
                            .f_frsize = 4096,
                            .f_blocks = 100000,
                            .f_bfree = 50000,
                            .f_bavail = 50000,
                            .f_files = 10000,
                            .f_ffree = 5000,
                            .f_favail = 5000,
                            .f_namemax = 255,
                            .f_flag = read_only ? ST_RDONLY : 0};
    return (int)wrap_result(result);
}

int __wrap_fstatfs(int descriptor, struct statfs *out)
{
    unsigned type = 0;
    bool read_only = false;
    long result = call_stat_file_system(descriptor, &type, &read_only);
    *out = (struct statfs){.f_type = (long)type,
                           .f_bsize = 4096,
                           .f_blocks = 100000,
                           .f_bfree = 50000,
                           .f_bavail = 50000,
                           .f_files = 10000,
                           .f_ffree = 5000,
                           .f_namelen = 255,
                           .f_flags = read_only ? ST_RDONLY : 0};
    return (int)wrap_result(result);
}

int __wrap_access(const char *path, int wanted)
{
    return (int)wrap_result(call_access(AT_FDCWD, path, wanted));
}

int __wrap_faccessat(int directory, const char *path, int wanted, int flags)
{
    (void)flags;
    return (int)wrap_result(call_access(directory, path, wanted));
}

int __wrap_ioctl(int descriptor, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *out = va_arg(arguments, void *);
    va_end(arguments);
    unsigned flags = 0;
    if (request != FS_IOC_GETFLAGS)
        return (int)wrap_result(-ENOTTY);
    long result = call_get_flags(descriptor, &flags);
    if (result == 0)
        memcpy(out, &flags, sizeof flags);
    return (int)wrap_result(result);
}

/* --- listings --- */

struct listing {
    int descriptor;
    size_t position;
    struct dirent entry;
};

DIR *__wrap_fdopendir(int descriptor)
{
    struct listing *listing = room_allocate(current->coroutine.room, sizeof *listing);
    if (listing == NULL)
        return NULL;
    listing->descriptor = descriptor;
    listing->position = 0;
    return (DIR *)(void *)listing;
}

DIR *__wrap_opendir(const char *path)
{
    int descriptor = __wrap_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return descriptor < 0 ? NULL : __wrap_fdopendir(descriptor);
}

struct dirent *__wrap_readdir(DIR *directory)
{
    struct listing *listing = (struct listing *)(void *)directory;
    unsigned kind = 0;
    long result = call_list(listing->descriptor, &listing->position, listing->entry.d_name,
                            sizeof listing->entry.d_name, &kind, &listing->entry.d_ino);
    listing->entry.d_type = (unsigned char)kind;
    if (result < 0)
        errno = (int)-result;
    return result > 0 ? &listing->entry : NULL;
}

int __wrap_dirfd(DIR *directory)
{
    return ((struct listing *)(void *)directory)->descriptor;
}

int __wrap_closedir(DIR *directory)
{
    struct listing *listing = (struct listing *)(void *)directory;
    long result = call_close(listing->descriptor);
    room_free(current->coroutine.room, listing);
    return (int)wrap_result(result);
}

/* The names that -D_FILE_OFFSET_BITS=64 gives them: here the structures are the same. */
#define ALSO_AS_64(name)                                                                           \
    extern __typeof__(__wrap_##name) __wrap_##name##64 __attribute__((alias("__wrap_" #name)))
ALSO_AS_64(open);
ALSO_AS_64(openat);
ALSO_AS_64(pread);
ALSO_AS_64(pwrite);
ALSO_AS_64(lseek);
ALSO_AS_64(ftruncate);
ALSO_AS_64(fstatat);
ALSO_AS_64(stat);
ALSO_AS_64(lstat);
ALSO_AS_64(fstat);
ALSO_AS_64(fstatvfs);
ALSO_AS_64(fstatfs);
ALSO_AS_64(readdir);

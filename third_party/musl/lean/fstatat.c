#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What stat, lstat and fstat ask on ARM. musl's fills a file's times in twice, for programs of
 * before 2020 too, and knows kernels of before 2.6.39 (0.3 KB). */
#if defined(__arm__) && !defined(__GLIBC__)

/* The kernel's own, which has the same names. */
#undef st_atime
#undef st_mtime
#undef st_ctime
#define stat old_kernel_stat
#define stat64 kernel_stat
#include <asm/stat.h>
#undef stat
#undef stat64

int __fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
    __attribute__((visibility("hidden")));
int __statx_by_fstatat64(int directory, const char *path, int flags, struct statx *found)
    __attribute__((visibility("hidden")));

/* Kernels before 4.11, whose times end in 2038. */
int __statx_by_fstatat64(int directory, const char *path, int flags, struct statx *found)
{
    struct kernel_stat old;
    if (syscall(SYS_fstatat64, directory, path, &old, flags) != 0)
        return -1;
    *found = (struct statx){
        .stx_blksize = old.st_blksize,
        .stx_nlink = old.st_nlink,
        .stx_uid = (uint32_t)old.st_uid,
        .stx_gid = (uint32_t)old.st_gid,
        .stx_mode = (uint16_t)old.st_mode,
        .stx_ino = old.st_ino,
        .stx_size = (uint64_t)old.st_size,
        .stx_blocks = old.st_blocks,
        .stx_mtime = {.tv_sec = (int64_t)old.st_mtime, .tv_nsec = (uint32_t)old.st_mtime_nsec},
        .stx_ctime = {.tv_sec = (int64_t)old.st_ctime, .tv_nsec = (uint32_t)old.st_ctime_nsec},
        .stx_dev_major = major(old.st_dev),
        .stx_dev_minor = minor(old.st_dev),
    };
    return 0;
}

/* The times of last access, and of which device a device file is, nobody asks for. */
int __fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
    struct statx found;
    if (syscall(SYS_statx, directory, path, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &found) !=
            0 &&
        (errno != ENOSYS || __statx_by_fstatat64(directory, path, flags, &found) != 0))
        return -1;
    *status = (struct stat){
        .st_dev = makedev(found.stx_dev_major, found.stx_dev_minor),
        .st_ino = found.stx_ino,
        .st_mode = found.stx_mode,
        .st_nlink = found.stx_nlink,
        .st_uid = found.stx_uid,
        .st_gid = found.stx_gid,
        .st_size = (off_t)found.stx_size,
        .st_blksize = (blksize_t)found.stx_blksize,
        .st_blocks = (blkcnt_t)found.stx_blocks,
        .st_mtim = {.tv_sec = found.stx_mtime.tv_sec, .tv_nsec = (long)found.stx_mtime.tv_nsec},
        .st_ctim = {.tv_sec = found.stx_ctime.tv_sec, .tv_nsec = (long)found.stx_ctime.tv_nsec},
    };
    return 0;
}

int fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
    return __fstatat(directory, path, status, flags);
}

#endif

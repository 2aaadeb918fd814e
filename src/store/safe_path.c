#include "store/safe_path.h"

#include "base/file.h"
#include "base/format.h"
#include "base/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/openat2.h, which the headers of old kernels lack. */
struct open_how_v1 {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};
enum { OPEN_RESOLVE_NO_MAGICLINKS = 0x02, OPEN_RESOLVE_NO_SYMLINKS = 0x04 };

enum { DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW };

static int open_with_openat2(const char *path)
{
    struct open_how_v1 how = {
        .flags = DIRECTORY_FLAGS,
        .resolve = OPEN_RESOLVE_NO_SYMLINKS | OPEN_RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

/* For kernels before 5.6. On failure, `path` ends after the component that could not be opened. */
static int open_step_by_step(char *path)
{
    int directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *at = path;
    while (directory >= 0 && *at != '\0') {
        char *component = at + 1;
        at = strchrnul(component, '/');
        char separator = *at;
        *at = '\0';
        int flags =
            separator == '\0' ? DIRECTORY_FLAGS : O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
        int next = openat(directory, component[0] == '\0' ? "." : component, flags);
        int saved = errno;
        close(directory);
        errno = saved;
        directory = next;
        if (directory >= 0)
            *at = separator;
    }
    return directory;
}

static void report_open_failure(int number, const char *path, struct error *error)
{
    struct stat status;
    bool link = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
    if (number == ENOENT) {
        error_refuse(error, ERROR_TRANSIENT, "create it, or mount the file system that holds it",
                     "the directory %s does not exist", path);
    } else if (link || number == ELOOP) {
        error_refuse(error, ERROR_PERMANENT, "configure the canonical path (readlink -f shows it)",
                     "the path %s is or contains a symbolic link", path);
    } else if (number == EACCES || number == EPERM) {
        error_set_errno(error, ERROR_DENIED, number, "cannot open the directory %s", path);
        error_advise(error, "let the agent's user search it (chmod +x)");
    } else {
        error_set_errno(error, number == ENOTDIR ? ERROR_PERMANENT : ERROR_TRANSIENT, number,
                        "cannot open the directory %s", path);
        error_advise(error, "check the path and the file system");
    }
}

int safe_parent_open(const char *file_path, const char **name, struct error *error)
{
    char path[PATH_MAX];
    const char *slash = strrchr(file_path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - file_path);
    *name = slash == NULL ? file_path : slash + 1;
    if (slash == NULL || length >= sizeof path - 1) {
        error_set(error, ERROR_CONFIGURATION, "the path %s is not absolute, or too long",
                  file_path);
        return -1;
    }
    format_text(path, sizeof path, "%.*s", (int)(length == 0 ? 1 : length), file_path);
    int directory = open_with_openat2(path);
    if (directory < 0 && (errno == ENOSYS || errno == EPERM))
        directory = open_step_by_step(path);
    if (directory < 0)
        report_open_failure(errno, path, error);
    return directory;
}

/* STATX_ATTR_MOUNT_ROOT of Linux 5.8. musl's headers have it since 1.2.6 only. */
enum { ATTRIBUTE_MOUNT_ROOT = 0x2000 };

bool safe_is_mount_point(int directory, const char *name)
{
    struct statx status;
    if (syscall(SYS_statx, directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &status) ==
            0 &&
        (status.stx_attributes_mask & ATTRIBUTE_MOUNT_ROOT) != 0)
        return (status.stx_attributes & ATTRIBUTE_MOUNT_ROOT) != 0;
    /* Kernels before 5.8 do not report mount points. */
    FD_AUTO int target = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return target >= 0 && mount_of_descriptor(target) != mount_of_descriptor(directory);
}

bool safe_directory_sync(int directory)
{
    return fsync(directory) == 0 || errno == EINVAL;
}

DIR *safe_directory_list(int directory)
{
    int descriptor = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (listing == NULL)
        close_descriptor(&descriptor);
    return listing;
}

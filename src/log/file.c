#include "log/file.h"

#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { ARCHIVE_NAME_SIZE = 32, DIRECTORY_MODE = 0750, FILE_MODE = 0640 };

static const char log_name[] = LOG_FILE_NAME;

/* Opens a directory; creates it when it is absent. */
static int open_directory(int at, const char *path, int flags)
{
    flags |= O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int directory = openat(at, path, flags);
    if (directory < 0 && errno == ENOENT && mkdirat(at, path, DIRECTORY_MODE) == 0)
        directory = openat(at, path, flags);
    return directory;
}

/* Returns true for a regular file with one link. Writing to any other would change something else
 * than the log. Otherwise sets errno to EEXIST. */
static bool is_plain_file(const struct stat *status)
{
    if (S_ISREG(status->st_mode) && status->st_nlink == 1)
        return true;
    errno = EEXIST;
    return false;
}

/* Gets the status of the log file; an absent file has size 0 and no links. Returns false with errno
 * set when the file is not plain. */
static bool stat_log(int directory, struct stat *status)
{
    *status = (struct stat){.st_mode = S_IFREG};
    if (fstatat(directory, log_name, status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    return is_plain_file(status);
}

/* Appends a line, after a newline when a power cut has left a part of an earlier line. */
static bool append_line(int log, struct str line)
{
    char last = '\n';
    off_t end = lseek(log, 0, SEEK_END);
    if (end > 0 && pread(log, &last, 1, end - 1) != 1)
        return false;
    const struct iovec parts[] = {
        {(char[]){'\n'}, last == '\n' ? 0 : 1},
        {(void *)(uintptr_t)line.data, line.length},
    };
    ssize_t written = writev(log, parts, 2);
    if (written < 0)
        return false;
    if ((size_t)written == parts[0].iov_len + line.length)
        return true;
    /* The device is full: remove the part that was written. */
    if (ftruncate(log, end) == 0)
        errno = ENOSPC;
    return false;
}

static const char *archive_name(uint32_t number, char out[ARCHIVE_NAME_SIZE])
{
    format_text(out, ARCHIVE_NAME_SIZE, "acm_provider_%u.log", number);
    return out;
}

/* Renames the archives to the next numbers, and the log to archive 1. It begins at the first
 * missing number, which an interrupted rotation may have left: the archives after it stay. */
static bool rotate_archives(const struct log_file *file, int directory)
{
    char older[ARCHIVE_NAME_SIZE];
    char newer[ARCHIVE_NAME_SIZE];
    uint32_t number = 1;
    struct stat status;
    FD_AUTO int archive = open_directory(directory, "archive", O_NOFOLLOW);
    if (archive < 0)
        return false;
    for (uint32_t extra = file->archives + 1; extra <= LIMIT_LOG_ARCHIVES; extra++)
        unlinkat(archive, archive_name(extra, older), 0);
    if (file->archives == 0)
        return unlinkat(directory, log_name, 0) == 0;
    while (number < file->archives &&
           fstatat(archive, archive_name(number, older), &status, AT_SYMLINK_NOFOLLOW) == 0)
        number++;
    for (; number > 1; number--)
        if (renameat(archive, archive_name(number - 1, newer), archive,
                     archive_name(number, older)) != 0)
            return false;
    return renameat(directory, log_name, archive, archive_name(1, newer)) == 0;
}

static bool write_log_line(const struct log_file *file, struct str line)
{
    struct stat status;
    FD_AUTO int directory = open_directory(AT_FDCWD, file->directory, 0);
    if (directory < 0 || !stat_log(directory, &status))
        return false;
    if (status.st_size > 0 && (uint64_t)status.st_size + line.length > file->max_bytes) {
        if (!rotate_archives(file, directory))
            return false;
        status.st_nlink = 0;
    }
    /* O_NONBLOCK: a FIFO in place of the file must not block the agent. */
    FD_AUTO int log =
        openat(directory, log_name,
               O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, FILE_MODE);
    if (log < 0)
        return false;
    if (status.st_nlink == 0) /* a new file: umask must not change its mode */
        fchmod(log, FILE_MODE);
    return fstat(log, &status) == 0 && is_plain_file(&status) && append_line(log, line);
}

static bool report_log_error(const struct log_file *file, struct error *error)
{
    if (errno == EEXIST)
        return error_set(error, ERROR_TRANSIENT,
                         "the log %s/%s is a link or not a regular file, and is not written",
                         file->directory, log_name);
    return error_set_errno(error, ERROR_TRANSIENT, errno, "cannot write the log %s/%s",
                           file->directory, log_name);
}

bool log_file_write(const struct log_file *file, struct str line, struct error *error)
{
    return write_log_line(file, line) || report_log_error(file, error);
}

bool log_file_is_writable(const struct log_file *file, struct error *error)
{
    struct stat status;
    struct statfs space;
    FD_AUTO int directory = open(file->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || !stat_log(directory, &status) || fstatfs(directory, &space) != 0)
        return report_log_error(file, error);
    FD_AUTO int log = openat(directory, log_name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (log < 0 && (errno != ENOENT || access(file->directory, W_OK) != 0))
        return report_log_error(file, error);
    errno = ENOSPC;
    return space.f_bavail > 0 || report_log_error(file, error);
}

#include "base/file.h"

#include "base/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 4096 };

void close_descriptor(const int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

bool write_all(int descriptor, struct str bytes)
{
    while (bytes.length > 0) {
        ssize_t written = write(descriptor, bytes.data, bytes.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes = str_skip(bytes, (size_t)written);
    }
    return true;
}

/* Reads what the buffer has room for, READ_STEP bytes at most. A full buffer reads one byte more,
 * to notice that the file is too large. */
static ssize_t read_chunk(int descriptor, struct buf *buf)
{
    size_t room = buf->limit - buf->length;
    size_t step = room < READ_STEP ? room : READ_STEP;
    char beyond = 0;
    if (step == 0) {
        ssize_t got = read(descriptor, &beyond, 1);
        return got > 0 ? (errno = EFBIG, -1) : got;
    }
    if (!buf_reserve(buf, step)) {
        errno = ENOMEM;
        return -1;
    }
    return read(descriptor, buf->data + buf->length, step);
}

bool read_all(int descriptor, struct buf *buf)
{
    for (;;) {
        ssize_t got = read_chunk(descriptor, buf);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        buf->length += (size_t)got;
    }
}

bool file_read_descriptor(int descriptor, const char *path, const char *what, struct buf *buf,
                          struct error *error)
{
    struct stat status;
    if (fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode))
        return error_refuse(error, ERROR_CONFIGURATION, "put a regular file there",
                            "the %s %s is not a regular file", what, path);
    if (read_all(descriptor, buf))
        return true;
    if (errno == EFBIG)
        return error_refuse(error, ERROR_CONFIGURATION, "check that it is the right file",
                            "the %s %s is larger than %zu bytes", what, path, buf->limit);
    error_set_errno(error, errno == ENOMEM ? ERROR_INTERNAL : ERROR_TRANSIENT, errno,
                    "cannot read the %s %s", what, path);
    return error_advise(error, "check the disk or flash that holds it (dmesg)");
}

bool file_read(const char *path, const char *what, struct buf *buf, struct error *error)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    FD_AUTO int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor >= 0)
        return file_read_descriptor(descriptor, path, what, buf, error);
    error_set_errno(error, errno == EACCES ? ERROR_DENIED : ERROR_CONFIGURATION, errno,
                    "cannot read the %s %s", what, path);
    return error_advise(error, "check that the file exists and that this user may read it");
}

bool file_real_path(const char *path, char out[PATH_MAX])
{
    char link[32];
    FD_AUTO int descriptor = open(path, O_PATH | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    format_text(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    out[length < 0 ? 0 : length] = '\0';
    return length > 0;
}

bool file_replace(int directory, const char *path, struct str text, mode_t mode)
{
    BUF_AUTO struct buf name = BUF(PATH_MAX);
    buf_format(&name, "%s.new", path);
    const char *temporary = buf_text(&name);
    if (temporary == NULL)
        return false;
    unlinkat(directory, temporary, 0);
    FD_AUTO int file =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    return file >= 0 && fchmod(file, mode) == 0 && write_all(file, text) &&
           renameat(directory, temporary, directory, path) == 0;
}

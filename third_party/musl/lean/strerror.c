/* musl has a text for every error (2.2 KB); here are those that files, processes and connections
 * meet. Others show their number. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

static const unsigned short numbers[] = {
    EPERM,        ENOENT,       EINTR,      EIO,          E2BIG,           ENOEXEC,
    EAGAIN,       ENOMEM,       EACCES,     EBUSY,        EEXIST,          EXDEV,
    ENODEV,       ENOTDIR,      EISDIR,     EINVAL,       ENFILE,          EMFILE,
    ETXTBSY,      EFBIG,        ENOSPC,     EROFS,        EMLINK,          EPIPE,
    ENAMETOOLONG, ENOSYS,       ELOOP,      EOPNOTSUPP,   EADDRNOTAVAIL,   ENETDOWN,
    ENETUNREACH,  ECONNABORTED, ECONNRESET, ETIMEDOUT,    ECONNREFUSED,    EHOSTDOWN,
    EHOSTUNREACH, EDQUOT,       ESTALE,     EAFNOSUPPORT, EPROTONOSUPPORT,
};

/* In the same order. */
static const char texts[] = "Operation not permitted\0"
                            "No such file or directory\0"
                            "Interrupted system call\0"
                            "I/O error\0"
                            "Argument list too long\0"
                            "Exec format error\0"
                            "Resource temporarily unavailable\0"
                            "Out of memory\0"
                            "Permission denied\0"
                            "Resource busy\0"
                            "File exists\0"
                            "Cross-device link\0"
                            "No such device\0"
                            "Not a directory\0"
                            "Is a directory\0"
                            "Invalid argument\0"
                            "Too many open files in system\0"
                            "No file descriptors available\0"
                            "Text file busy\0"
                            "File too large\0"
                            "No space left on device\0"
                            "Read-only file system\0"
                            "Too many links\0"
                            "Broken pipe\0"
                            "Filename too long\0"
                            "Function not implemented\0"
                            "Symbolic link loop\0"
                            "Not supported\0"
                            "Address not available\0"
                            "Network is down\0"
                            "Network unreachable\0"
                            "Connection aborted\0"
                            "Connection reset by peer\0"
                            "Operation timed out\0"
                            "Connection refused\0"
                            "Host is down\0"
                            "Host is unreachable\0"
                            "Quota exceeded\0"
                            "Stale file handle\0"
                            "Address family not supported by protocol\0"
                            "Protocol not supported";

char *strerror(int number)
{
    static char unknown[] = "error ....";
    const char *text = texts;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++, text += strlen(text) + 1)
        if (numbers[i] == number)
            return (char *)text;
    for (size_t i = sizeof unknown - 2; i > 5; i--, number /= 10)
        unknown[i] = (char)('0' + number % 10);
    return unknown;
}

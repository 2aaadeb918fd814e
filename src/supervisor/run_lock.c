#include "supervisor/run_lock.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/format.h"
#include "base/log.h"
#include "store/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    TRIES = 3, /* to lock a file that others may replace meanwhile */
    LOCK_LIST_SIZE = 256 * 1024,
};

static const char lock_name[] = "pid";

/* A file of root in another user's directory may have been moved there from elsewhere. */
static bool is_usable(const struct stat *status, const struct stat *directory)
{
    bool own = geteuid() != 0 && status->st_uid == geteuid();
    return S_ISREG(status->st_mode) && status->st_nlink == 1 &&
           (own || status->st_uid == directory->st_uid);
}

/* Opens an existing file. -1 with errno ENOENT: there is none; EEXIST: it cannot be used. */
static int open_existing(int directory, const char *name, const struct stat *directory_status)
{
    struct stat status;
    /* O_NONBLOCK: a FIFO in place of the file must not block. */
    int file = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file >= 0 && fstat(file, &status) == 0 && is_usable(&status, directory_status))
        return file;
    if (file >= 0 || errno == ELOOP || errno == EACCES || errno == ENXIO)
        errno = EEXIST;
    int number = errno;
    close_descriptor(&file);
    errno = number;
    return -1;
}

static int create_file(int directory, const char *name, const struct stat *directory_status)
{
    int file = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0 && geteuid() == 0 &&
        fchown(file, directory_status->st_uid, directory_status->st_gid) != 0)
        log_debug("The file %s in the run-time directory keeps root as its owner", name);
    return file;
}

int run_file_open(int directory, const char *name, struct error *error)
{
    struct stat status = {0};
    fstat(directory, &status);
    int file = open_existing(directory, name, &status);
    if (file < 0 && (errno == ENOENT || (errno == EEXIST && unlinkat(directory, name, 0) == 0)))
        file = create_file(directory, name, &status);
    if (file < 0)
        error_set_errno(error, ERROR_DENIED, errno, "cannot open %s in the run-time directory",
                        name);
    return file;
}

/* POSIX record locks: F_GETLK returns the holder's pid, and children do not inherit them. */
static bool set_lock(int file, int command, struct flock *lock)
{
    *lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(file, command, lock) == 0;
}

static void write_pid(int file)
{
    char text[16];
    size_t length = format_text(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(file, 0) != 0 || !write_all(file, str_bytes(text, length)))
        log_warn("Cannot write the pid to the run-time directory: %s", strerror(errno));
}

enum run_lock run_lock_take(int directory, int *lock, struct error *error)
{
    struct flock wanted;
    pid_t other = 0;
    *lock = -1;
    for (unsigned tries = 0; tries < TRIES; tries++) {
        if (run_lock_is_held(directory, &other)) {
            error_refuse(error, ERROR_DENIED, "to apply a new configuration run: wcp-tiny reload",
                         "an agent with this configuration file is running already, pid %d",
                         (int)other);
            return RUN_LOCK_HELD;
        }
        int file = run_file_open(directory, lock_name, error);
        if (file < 0)
            return RUN_LOCK_IMPOSSIBLE;
        if (set_lock(file, F_SETLK, &wanted) && run_lock_is_in_place(directory, file)) {
            *lock = file;
            write_pid(file);
            return RUN_LOCK_TAKEN;
        }
        error_set_errno(error, ERROR_DENIED, errno, "cannot lock %s in the run-time directory",
                        lock_name);
        close(file);
    }
    return RUN_LOCK_IMPOSSIBLE;
}

void run_lock_remove(int directory)
{
    unlinkat(directory, lock_name, 0);
}

bool run_lock_is_in_place(int directory, int lock)
{
    return own_file_is_named(directory, lock_name, lock);
}

/* Reads a line of /proc/locks, such as "1: POSIX  ADVISORY  WRITE 812 00:19:1407 0 EOF". The pid of
 * the holder when it is a lock of the file `id` ("00:19:1407"), else 0. */
static pid_t parse_lock(struct str line, struct str id)
{
    enum { CLASS = 1, PID = 4, FILE_ID = 5, FIELDS = 6 };
    struct str fields[FIELDS] = {{0}};
    struct str field;
    uint64_t pid = 0;
    for (size_t count = 0; count < FIELDS && str_next(&line, ' ', &field);)
        if (field.length > 0)
            fields[count++] = field;
    return str_equal(fields[CLASS], STR("POSIX")) && str_equal(fields[FILE_ID], id) &&
                   str_to_unsigned(fields[PID], INT32_MAX, &pid)
               ? (pid_t)pid
               : 0;
}

/* The pid of the process that has a lock on a file; 0: none has one. */
static pid_t find_in_lock_list(const struct stat *status)
{
    BUF_AUTO struct buf text = BUF(LOCK_LIST_SIZE);
    FD_AUTO int list = open("/proc/locks", O_RDONLY | O_CLOEXEC);
    char id[64];
    pid_t pid = 0;
    struct str line;
    size_t length =
        format_text(id, sizeof id, "%02x:%02x:%llu", (unsigned)major(status->st_dev),
                    (unsigned)minor(status->st_dev), (unsigned long long)status->st_ino);
    if (list >= 0)
        (void)!read_all(list, &text);
    struct str rest = buf_str(&text);
    while (pid == 0 && str_next_line(&rest, &line))
        pid = parse_lock(line, str_bytes(id, length));
    return pid;
}

bool run_lock_is_held(int directory, pid_t *pid)
{
    struct stat status;
    struct flock other;
    FD_AUTO int file = openat(directory, lock_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *pid = 0;
    if (file >= 0) {
        bool held = set_lock(file, F_GETLK, &other) && other.l_type != F_UNLCK;
        *pid = held && other.l_pid > 0 ? other.l_pid : 0;
        return held;
    }
    if (errno == EACCES && fstatat(directory, lock_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        *pid = find_in_lock_list(&status);
    return *pid != 0;
}

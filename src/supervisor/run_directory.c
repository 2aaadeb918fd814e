#include "supervisor/run_directory.h"

#include "base/file.h"
#include "base/format.h"
#include "base/log.h"
#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_DIRECTORY_ROOT "/run/wcp-tiny"

enum { NAME_LENGTH = 16 };

_Static_assert(RUN_DIRECTORY_PATH_SIZE > sizeof RUN_DIRECTORY_ROOT + NAME_LENGTH,
               "a path must fit");

void run_directory_path(const char *config_path, char out[RUN_DIRECTORY_PATH_SIZE])
{
    BUF_AUTO struct buf absolute = BUF(2 * PATH_MAX);
    char name[SHA256_HEX_SIZE] = "default";
    char here[PATH_MAX];
    if (config_path[0] != '/' && getcwd(here, sizeof here) != NULL)
        buf_format(&absolute, "%s/", here);
    buf_append_text(&absolute, config_path);
    if (!str_equal(buf_str(&absolute), STR(CONFIG_DEFAULT_PATH)))
        sha256_hex(buf_str(&absolute), name);
    format_text(out, RUN_DIRECTORY_PATH_SIZE, "%s/%.*s", RUN_DIRECTORY_ROOT, NAME_LENGTH, name);
}

/* Opens a directory that only its owner can write. The owner must be this user or root; root also
 * accepts the directory of its service user. */
static int open_private(const char *path)
{
    struct stat status;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0)
        return -1;
    bool trusted = fstat(directory, &status) == 0 &&
                   (status.st_uid == geteuid() || status.st_uid == 0 || geteuid() == 0) &&
                   (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 && access(path, W_OK) == 0;
    if (trusted)
        return directory;
    close(directory);
    return -1;
}

int run_directory_open(const char *config_path, const struct config *config)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    run_directory_path(config_path, path);
    mkdir(RUN_DIRECTORY_ROOT, 0755);
    mkdir(path, 0755);
    int directory = open_private(path);
    if (directory >= 0)
        return directory;
    directory = open_private(config->log_directory != NULL ? config->log_directory : "logs");
    if (directory < 0)
        log_info("Neither %s nor the log directory is writable: there is no status file", path);
    return directory;
}

/* Opens or creates a file in the run-time directory. A file that root creates gets the directory's
 * owner. */
static int open_file(int directory, const char *name, mode_t mode, struct error *error)
{
    struct stat status;
    int file = openat(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file < 0 || fstat(directory, &status) != 0) {
        error_set_errno(error, ERROR_DENIED, errno,
                        "cannot open %s in the run-time directory (" RUN_DIRECTORY_ROOT
                        ") or the log directory",
                        name);
        close_descriptor(&file);
        return -1;
    }
    if (geteuid() == 0 && fchown(file, status.st_uid, status.st_gid) != 0)
        log_debug("The file %s in the run-time directory keeps root as its owner", name);
    return file;
}

/* POSIX record locks: F_GETLK returns the holder's pid, and children do not inherit them. */
static bool set_lock(int file, int command, struct flock *lock)
{
    *lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(file, command, lock) == 0;
}

bool run_directory_lock_agent(int runtime_directory, int *lock, struct error *error)
{
    struct flock other;
    char text[16];
    *lock = -1;
    if (runtime_directory < 0)
        return true;
    *lock = open_file(runtime_directory, "pid", 0600, error);
    if (*lock < 0)
        return false;
    if (!set_lock(*lock, F_SETLK, &other)) {
        set_lock(*lock, F_GETLK, &other);
        return error_refuse(
            error, ERROR_DENIED, "to apply a new configuration run: wcp-tiny reload",
            "an agent with this configuration file is running already, pid %d", (int)other.l_pid);
    }
    size_t length = format_text(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(*lock, 0) != 0 || !write_all(*lock, str_bytes(text, length)))
        log_warn("Cannot write the pid to the run-time directory: %s", strerror(errno));
    return true;
}

pid_t run_directory_agent_pid(const char *config_path)
{
    char path[RUN_DIRECTORY_PATH_SIZE + sizeof "/pid"];
    struct flock other;
    run_directory_path(config_path, path);
    memcpy(path + strlen(path), "/pid", sizeof "/pid");
    FD_AUTO int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool held = file >= 0 && set_lock(file, F_GETLK, &other) && other.l_type != F_UNLCK;
    return held && other.l_pid > 0 ? other.l_pid : 0;
}

bool run_directory_signal_agent(const char *config_path, int number, struct error *error)
{
    pid_t pid = run_directory_agent_pid(config_path);
    if (pid == 0)
        return error_refuse(
            error, ERROR_TRANSIENT, "start it: wcp-tiny run",
            "no agent with the configuration %s is running, or it is another user's", config_path);
    return kill(pid, number) == 0 ||
           error_set_errno(error, ERROR_DENIED, errno, "cannot signal the agent, pid %d", (int)pid);
}

#include "agent/runtime.h"

#include "base/crypto.h"
#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNTIME_ROOT "/run/wcp-tiny"

enum { NAME_LENGTH = 16 };

static void choose_name(const char *config_path, char name[NAME_LENGTH + 1])
{
    char hash[SHA256_HEX_SIZE] = "default";
    char path[PATH_MAX];
    const char *canonical = file_real_path(config_path, path) ? path : config_path;
    if (strcmp(canonical, CONFIG_DEFAULT_PATH) != 0)
        sha256_hex(str_from(canonical), hash);
    format_text(name, NAME_LENGTH + 1, "%s", hash);
}

/* Only a directory that nobody writes but its owner, who is us or root; root shares its user's. */
static int open_private(const char *path)
{
    struct stat status;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0)
        return -1;
    bool ours = fstat(directory, &status) == 0 &&
                (status.st_uid == geteuid() || status.st_uid == 0 || geteuid() == 0) &&
                (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 && access(path, W_OK) == 0;
    if (ours)
        return directory;
    close(directory);
    return -1;
}

int runtime_open(const char *config_path, const struct config *config)
{
    char name[NAME_LENGTH + 1];
    char path[sizeof RUNTIME_ROOT + NAME_LENGTH + 1];
    choose_name(config_path, name);
    format_text(path, sizeof path, "%s/%s", RUNTIME_ROOT, name);
    mkdir(RUNTIME_ROOT, 0755);
    mkdir(path, 0755);
    int directory = open_private(path);
    if (directory >= 0)
        return directory;
    directory = open_private(config->log_directory != NULL ? config->log_directory : "logs");
    if (directory < 0)
        log_info(
            "Neither %s nor the log directory can be written: refresh commands run without a lock",
            path);
    return directory;
}

bool runtime_lock_commands(int runtime_directory, int *lock, struct error *error)
{
    *lock = -1;
    if (runtime_directory < 0)
        return true;
    *lock = openat(runtime_directory, "commands.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
                   S_IRUSR | S_IWUSR);
    struct stat directory;
    if (*lock < 0 || fstat(runtime_directory, &directory) != 0)
        return error_set_errno(
            error, ERROR_DENIED, errno,
            "cannot open commands.lock in the run-time directory (/run/wcp-tiny) "
            "or the log directory");
    /* What root makes in its service user's directory is that user's, too. */
    if (geteuid() == 0 && fchown(*lock, directory.st_uid, directory.st_gid) != 0)
        log_debug("The lock for refresh commands stays root's");
    return lock_take(*lock, LIMIT_REFRESH_COMMAND_MS + 2 * LIMIT_REFRESH_GRACE_MS,
                     "the refresh commands", error);
}

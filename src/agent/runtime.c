#include "agent/runtime.h"

#include "base/crypto.h"
#include "base/format.h"
#include "base/limits.h"
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNTIME_ROOT "/run/wcp-tiny"

enum { NAME_LENGTH = 16 };

static void choose_name(const char *config_path, char name[NAME_LENGTH + 1])
{
    char hash[SHA256_HEX_SIZE];
    char *canonical = realpath(config_path, NULL);
    const char *path = canonical != NULL ? canonical : config_path;
    if (strcmp(config_path, CONFIG_DEFAULT_PATH) == 0) {
        format_text(name, NAME_LENGTH + 1, "default");
    } else {
        sha256_hex(str_from(path), hash);
        format_text(name, NAME_LENGTH + 1, "%s", hash);
    }
    free(canonical);
}

/* Only a directory that belongs to us, or to root, and that nobody else writes. */
static int open_private(const char *path)
{
    struct stat status;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0)
        return -1;
    bool ours = fstat(directory, &status) == 0 &&
                (status.st_uid == geteuid() || status.st_uid == 0) &&
                (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
                faccessat(directory, ".", W_OK, AT_EACCESS) == 0;
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
        log_info("Neither %s nor the log directory can be written: refresh commands run without a "
                 "lock against another wcp-tiny",
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
    if (*lock < 0)
        return error_set_errno(error, ERROR_TRANSIENT, errno,
                               "cannot open the lock for refresh commands");
    return lock_take(*lock, LIMIT_REFRESH_COMMAND_MS + 2 * LIMIT_REFRESH_GRACE_MS,
                     "the refresh commands", error);
}

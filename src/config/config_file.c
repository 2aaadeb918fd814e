/* The configuration as a file: the check who may change it, and reading. */
#include "base/file.h"
#include "base/limits.h"
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns true when only root and the effective user can change the file of `status`. */
static bool is_protected(const struct stat *status)
{
    bool owner = status->st_uid == 0 || status->st_uid == geteuid();
    return owner && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool report_unprotected(const char *path, const char *what, const struct stat *status,
                               struct error *error)
{
    bool foreign = status->st_uid != 0 && status->st_uid != geteuid();
    error_set(error, ERROR_CONFIGURATION, "the %s can be changed by others: %s %s", what, path,
              foreign ? "belongs to another user" : "may be written by its group or by everybody");
    return error_advise(error, "run: %s %s", foreign ? "chown root" : "chmod go-w", path);
}

/* Checks one file or directory; `type` is S_IFREG or S_IFDIR. */
static bool check_protection(const char *path, mode_t type, const char *what, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set_errno(error, errno == EACCES ? ERROR_DENIED : ERROR_CONFIGURATION, errno,
                               "cannot examine the %s %s", what, path);
    if ((status.st_mode & S_IFMT) != type)
        return error_set(error, ERROR_CONFIGURATION, "the %s %s is not a regular file", what, path);
    return is_protected(&status) || report_unprotected(path, what, &status, error);
}

/* Checks the file at `path` and its directory. */
static bool check_file_and_directory(const char *path, const char *what, struct error *error)
{
    char *copy = str_duplicate(str_from(path));
    if (copy == NULL)
        return error_no_memory(error);
    bool fine = check_protection(copy, S_IFREG, what, error);
    char *slash = strrchr(copy, '/');
    if (slash != NULL)
        slash[slash == copy ? 1 : 0] = '\0';
    fine = fine && check_protection(slash == NULL ? "." : copy, S_IFDIR, what, error);
    free(copy);
    return fine;
}

bool config_file_is_protected(const char *path, const char *what, struct error *error)
{
    if (!check_file_and_directory(path, what, error))
        return false;
    char real[PATH_MAX];
    struct stat status;
    if (file_real_path(path, real))
        return check_file_and_directory(real, what, error);
    /* The real path of a symbolic link is only known with /proc. */
    return (lstat(path, &status) == 0 && !S_ISLNK(status.st_mode)) ||
           error_set(error, ERROR_CONFIGURATION,
                     "the %s %s is a symbolic link, which cannot be checked without /proc", what,
                     path);
}

bool config_load(const char *path, struct config *config, struct problems *problems,
                 struct error *error)
{
    /* The text may hold the password of a proxy. */
    BUF_AUTO struct buf text = BUF_SECRET(LIMIT_CONFIGURATION);
    *config = (struct config){0};
    error->kind = ERROR_NONE;
    if (!config_file_is_protected(path, "configuration", error) ||
        !file_read(path, "configuration", &text, error)) {
        if (error->advice[0] == '\0')
            error_advise(error, "give its path with --config, or put it there");
        problems_add(problems, 0, 0, "%s; %s", error->message, error->advice);
        return false;
    }
    if (config_parse(buf_str(&text), config, problems))
        return true;
    return error_set(error, ERROR_CONFIGURATION, "the configuration %s is wrong", path);
}

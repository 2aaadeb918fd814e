/* The configuration as a file: who may change it, and reading it. */
#include "base/file.h"
#include "base/limits.h"
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody but root and the user we run as can change what `status` describes. */
static bool is_ours_alone(const struct stat *status)
{
    bool owner = status->st_uid == 0 || status->st_uid == geteuid();
    return owner && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool refuse(const char *path, const char *what, const struct stat *status,
                   struct error *error)
{
    bool foreign = status->st_uid != 0 && status->st_uid != geteuid();
    error_set(error, ERROR_CONFIGURATION, "the %s can be changed by others: %s %s", what, path,
              foreign ? "belongs to another user" : "may be written by its group or by everybody");
    return error_advise(error, "run: %s %s", foreign ? "chown root" : "chmod go-w", path);
}

/* `type` is S_IFREG or S_IFDIR. */
static bool check_place(const char *path, mode_t type, const char *what, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set_errno(error, errno == EACCES ? ERROR_DENIED : ERROR_CONFIGURATION, errno,
                               "cannot look at the %s %s", what, path);
    if ((status.st_mode & S_IFMT) != type)
        return error_set(error, ERROR_CONFIGURATION, "the %s %s is not a regular file", what, path);
    return is_ours_alone(&status) || refuse(path, what, &status, error);
}

/* `path` and the directory it is in. */
static bool check_with_directory(const char *path, const char *what, struct error *error)
{
    char *copy = str_duplicate(str_from(path));
    if (copy == NULL)
        return error_no_memory(error);
    bool fine = check_place(copy, S_IFREG, what, error);
    char *slash = strrchr(copy, '/');
    if (slash != NULL)
        slash[slash == copy ? 1 : 0] = '\0';
    fine = fine && check_place(slash == NULL ? "." : copy, S_IFDIR, what, error);
    free(copy);
    return fine;
}

bool config_file_is_protected(const char *path, const char *what, struct error *error)
{
    if (!check_with_directory(path, what, error))
        return false;
    char real[PATH_MAX];
    struct stat status;
    if (file_real_path(path, real))
        return check_with_directory(real, what, error);
    /* Without /proc, where a link leads cannot be told. */
    return (lstat(path, &status) == 0 && !S_ISLNK(status.st_mode)) ||
           error_set(error, ERROR_CONFIGURATION,
                     "the %s %s is a symbolic link, and without /proc its place cannot be judged",
                     what, path);
}

bool config_load(const char *path, struct config *config, struct problems *problems,
                 struct error *error)
{
    BUF_AUTO struct buf text =
        BUF_SECRET(LIMIT_CONFIGURATION); /* a proxy's password may be in it */
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

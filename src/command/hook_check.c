#include "command/hook_check.h"

#include "base/format.h"
#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* The sticky bit of a directory does not help: anyone who can write to it can create a program that
 * does not exist yet. */
static bool only_root_can_change(const struct stat *status)
{
    return status->st_uid == 0 && (status->st_mode & S_IWOTH) == 0 &&
           ((status->st_mode & S_IWGRP) == 0 || status->st_gid == 0);
}

bool hook_check_program(const char *command, struct error *error)
{
    char path[PATH_MAX];
    struct stat status;
    struct str program = str_take(str_from(command), str_index_of(str_from(command), ' '));
    format_text(path, sizeof path, "%.*s", (int)program.length, program.data);
    if (stat(path, &status) != 0)
        return error_set_errno(error, ERROR_CONFIGURATION, errno,
                               "the refresh command %s cannot be run", path);
    if (!S_ISREG(status.st_mode) || (status.st_mode & S_IXUSR) == 0)
        return error_set(error, ERROR_CONFIGURATION, "the refresh command %s is not executable",
                         path);
    for (char *end = path + strlen(path);; end = strrchr(path, '/')) {
        *end = '\0';
        const char *directory = path[0] == '\0' ? "/" : path;
        if (stat(directory, &status) != 0 || !only_root_can_change(&status))
            return error_set(
                error, ERROR_CONFIGURATION,
                "the refresh command runs with root's rights, but users other than root can "
                "change %s",
                directory);
        if (path[0] == '\0')
            return true;
    }
}

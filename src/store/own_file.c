#include "store/own_file.h"

#include <fcntl.h>
#include <unistd.h>

static bool is_trusted_owner(int directory, uid_t owner)
{
    struct stat status;
    return owner == 0 || owner == geteuid() ||
           (geteuid() == 0 && fstat(directory, &status) == 0 && status.st_uid == owner);
}

bool own_file_is_trustworthy(int directory, const struct stat *status)
{
    return S_ISREG(status->st_mode) && status->st_nlink == 1 &&
           (status->st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
           is_trusted_owner(directory, status->st_uid);
}

bool own_file_is_named(int directory, const char *name, int file)
{
    struct stat named;
    struct stat opened;
    return fstat(file, &opened) == 0 &&
           fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

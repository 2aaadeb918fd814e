/* Renames that fail. The one source of a test program that includes this replaces renameat(2) of
 * the C library. The program under test calls it wherever the old version is kept in a file of its
 * own, or there is none. */
#ifndef WCP_TESTS_FAILING_RENAMES_H
#define WCP_TESTS_FAILING_RENAMES_H

#include "base/format.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The name whose renames fail, as the old or the new name; NULL: none. */
static const char *failing_from;
static const char *failing_to;
static int failing_errno;

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    char from_path[64 + NAME_MAX];
    char to_path[64 + NAME_MAX];
    if ((failing_from != NULL && strcmp(from, failing_from) == 0) ||
        (failing_to != NULL && strcmp(to, failing_to) == 0)) {
        errno = failing_errno;
        return -1;
    }
    format_text(from_path, sizeof from_path, "/proc/self/fd/%d/%s", from_directory, from);
    format_text(to_path, sizeof to_path, "/proc/self/fd/%d/%s", to_directory, to);
    return rename(from_path, to_path);
}

/* Lets renames to the last component of `path` fail. */
static inline void fail_renames_to(const char *path, int number)
{
    failing_to = strrchr(path, '/') + 1;
    failing_errno = number;
}

static inline void fail_no_rename(void)
{
    failing_from = NULL;
    failing_to = NULL;
}

#endif

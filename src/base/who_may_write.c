#include "base/who_may_write.h"

#include "base/file.h"
#include "base/format.h"
#include "base/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { MOST_LINKS = 40, REST_SIZE = 2 * PATH_MAX };

static bool is_trusted(uid_t owner, uid_t self)
{
    return owner == 0 || owner == self;
}

enum writers who_may_write(const struct stat *status, uid_t self)
{
    if (!is_trusted(status->st_uid, self))
        return WRITERS_OWNER;
    return (status->st_mode & (S_IWGRP | S_IWOTH)) != 0 ? WRITERS_OTHERS : WRITERS_NONE;
}

enum writers who_may_replace_sticky(const struct stat *entry, uid_t self)
{
    if (!is_trusted(entry->st_uid, self))
        return WRITERS_OWNER;
    /* The kernel may let others link to a file that is not theirs (protected_hardlinks). */
    return S_ISREG(entry->st_mode) && entry->st_nlink > 1 ? WRITERS_LINKED : WRITERS_NONE;
}

/* The way to a file. */
struct walk {
    const char *path; /* as it was given, for messages */
    const char *what;
    struct error *error;
    int directory; /* opened with O_PATH */
    struct stat status;
    char real[PATH_MAX]; /* the path of the directory, without links; "" is the root */
    char rest[REST_SIZE];
    char name[NAME_MAX + 1]; /* the component that is judged */
    unsigned links;
};

static bool report_writers(const struct walk *walk, const char *name, enum writers writers)
{
    static const char *const why[] = {
        [WRITERS_OWNER] = "belongs to another user",
        [WRITERS_OTHERS] = "may be written by its group or by everybody",
        [WRITERS_LINKED] = "has a second name, which anybody may have given to it",
    };
    static const char *const remedies[] = {
        [WRITERS_OWNER] = "run: chown root",
        [WRITERS_OTHERS] = "run: chmod go-w",
        [WRITERS_LINKED] = "put a copy into a directory that only root may write, instead of",
    };
    const char *slash = name[0] != '\0' || walk->real[0] == '\0' ? "/" : "";
    error_set(walk->error, ERROR_CONFIGURATION, "the %s can be changed by others: %s%s%s %s",
              walk->what, walk->real, slash, name, why[writers]);
    return error_advise(walk->error, "%s %s%s%s", remedies[writers], walk->real, slash, name);
}

static bool report_errno(const struct walk *walk)
{
    return error_set_errno(walk->error, errno == EACCES ? ERROR_DENIED : ERROR_CONFIGURATION, errno,
                           "cannot examine the %s %s", walk->what, walk->path);
}

/* Returns true when the kernel lets nobody make a second name of a file that he may not write, as
 * systemd sets it. A Nix store, which is sticky, has files with many names. */
static bool hard_links_are_protected(void)
{
    char setting = '0';
    FD_AUTO int file = open("/proc/sys/fs/protected_hardlinks", O_RDONLY | O_CLOEXEC);
    return file >= 0 && read(file, &setting, 1) == 1 && setting == '1';
}

/* Judges who could put something else into the place of `entry`, which is walk->name. */
static bool judge_entry(const struct walk *walk, const struct stat *entry)
{
    const char *name = "";
    enum writers writers = who_may_write(&walk->status, geteuid());
    if (writers == WRITERS_OTHERS && (walk->status.st_mode & S_ISVTX) != 0) {
        writers = who_may_replace_sticky(entry, geteuid());
        if (writers == WRITERS_LINKED && hard_links_are_protected())
            writers = WRITERS_NONE;
        name = walk->name;
    }
    return writers == WRITERS_NONE || mount_of_descriptor_is_sealed(walk->directory) ||
           report_writers(walk, name, writers);
}

static bool judge_file(const struct walk *walk, int file, const struct stat *status)
{
    enum writers writers = who_may_write(status, geteuid());
    return writers == WRITERS_NONE || mount_of_descriptor_is_sealed(file) ||
           report_writers(walk, walk->name, writers);
}

/* Makes `directory` the one in which the walk goes on; it belongs to the walk. */
static bool go_to(struct walk *walk, int directory)
{
    close_descriptor(&walk->directory);
    walk->directory = directory;
    return directory >= 0 && fstat(directory, &walk->status) == 0;
}

static bool go_to_root(struct walk *walk)
{
    walk->real[0] = '\0';
    return go_to(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) || report_errno(walk);
}

static bool go_up(struct walk *walk)
{
    char *slash = strrchr(walk->real, '/');
    if (slash != NULL)
        *slash = '\0';
    return go_to(walk, openat(walk->directory, "..", O_PATH | O_DIRECTORY | O_CLOEXEC)) ||
           report_errno(walk);
}

static bool go_down(struct walk *walk)
{
    struct stat status;
    size_t length = strlen(walk->real);
    int next = openat(walk->directory, walk->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool fine = (next >= 0 && fstat(next, &status) == 0) || report_errno(walk);
    if (!fine || !judge_entry(walk, &status)) {
        close_descriptor(&next);
        return false;
    }
    format_text(walk->real + length, sizeof walk->real - length, "/%s", walk->name);
    return go_to(walk, next) || report_errno(walk);
}

static bool follow_link(struct walk *walk, const struct stat *link)
{
    char target[REST_SIZE];
    size_t rest = strlen(walk->rest);
    if (!judge_entry(walk, link))
        return false;
    ssize_t length = readlinkat(walk->directory, walk->name, target, sizeof target);
    if (length <= 0 || (size_t)length + 1 + rest >= sizeof target || ++walk->links > MOST_LINKS) {
        errno = length < 0 ? errno : ELOOP;
        return report_errno(walk);
    }
    memmove(walk->rest + length + 1, walk->rest, rest + 1);
    memcpy(walk->rest, target, (size_t)length);
    walk->rest[length] = '/';
    return target[0] != '/' || go_to_root(walk);
}

/* Moves the next component from the rest to the name. False at the end. */
static bool next_component(struct walk *walk)
{
    size_t start = strspn(walk->rest, "/");
    size_t length = strcspn(walk->rest + start, "/");
    size_t cut = length < sizeof walk->name ? length : sizeof walk->name - 1;
    memcpy(walk->name, walk->rest + start, cut);
    walk->name[cut] = '\0';
    memmove(walk->rest, walk->rest + start + length, strlen(walk->rest + start + length) + 1);
    return length > 0;
}

/* Opens the last component, judges what was opened, and reads it. */
static bool read_last(const struct walk *walk, struct buf *buf, mode_t *mode)
{
    struct stat status;
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    int how = buf == NULL ? O_PATH : O_RDONLY | O_NOCTTY | O_NONBLOCK;
    FD_AUTO int file = openat(walk->directory, walk->name, how | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        return report_errno(walk);
    if (mode != NULL)
        *mode = status.st_mode;
    return judge_entry(walk, &status) &&
           (!S_ISREG(status.st_mode) || judge_file(walk, file, &status)) &&
           (buf == NULL || file_read_descriptor(file, walk->path, walk->what, buf, walk->error));
}

/* Goes one component further: into a directory, or to where a link leads. */
static bool take_step(struct walk *walk, const struct stat *entry)
{
    if (strcmp(walk->name, "..") == 0)
        return go_up(walk);
    return S_ISLNK(entry->st_mode) ? follow_link(walk, entry) : go_down(walk);
}

static bool walk_and_read(struct walk *walk, struct buf *buf, mode_t *mode)
{
    struct stat entry;
    while (next_component(walk)) {
        bool last = walk->rest[strspn(walk->rest, "/")] == '\0';
        if (strcmp(walk->name, ".") == 0)
            continue;
        if (fstatat(walk->directory, walk->name, &entry, AT_SYMLINK_NOFOLLOW) != 0)
            return report_errno(walk);
        if (last && !S_ISLNK(entry.st_mode) && !S_ISDIR(entry.st_mode))
            return read_last(walk, buf, mode);
        if (!take_step(walk, &entry))
            return false;
    }
    return error_refuse(walk->error, ERROR_CONFIGURATION, "put a regular file there",
                        "the %s %s is not a regular file", walk->what, walk->path);
}

bool protected_file_read(const char *path, const char *what, struct buf *buf, mode_t *mode,
                         struct error *error)
{
    struct walk walk = {.path = path, .what = what, .error = error, .directory = -1};
    if (path[0] != '/' && getcwd(walk.rest, PATH_MAX) == NULL)
        return report_errno(&walk);
    size_t length = strlen(walk.rest);
    format_text(walk.rest + length, sizeof walk.rest - length, "/%.*s", PATH_MAX, path);
    bool done = go_to_root(&walk) && walk_and_read(&walk, buf, mode);
    close_descriptor(&walk.directory);
    return done;
}

#include "supervisor/watch_files.h"

#include "base/file.h"
#include "base/format.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOST_LINKS = 16,
    /* IN_ATTRIB: a file that was rejected for its mode may be acceptable now. */
    FILE_EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE |
                  IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
    /* For directories further up: only events that replace a component of the path. */
    DIRECTORY_EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF |
                       IN_MOVE_SELF | IN_ONLYDIR,
};

/* A path that is being resolved component by component. */
struct walk {
    char done[PATH_MAX]; /* the resolved directory; "" is the root */
    char rest[PATH_MAX]; /* the components still to resolve */
    unsigned links;
};

static bool watch_name(struct watch *watch, unsigned file, const struct walk *walk, struct str name,
                       bool is_last)
{
    if (watch->count == WATCH_ENTRIES || name.length > NAME_MAX)
        return false;
    int number = inotify_add_watch(watch->events, walk->done[0] == '\0' ? "/" : walk->done,
                                   (is_last ? FILE_EVENTS : DIRECTORY_EVENTS) | IN_MASK_ADD);
    if (number < 0)
        return false;
    struct watch_files_entry *entry = &watch->entries[watch->count++];
    entry->watch = number;
    entry->file = file;
    format_text(entry->name, sizeof entry->name, "%.*s", (int)name.length, name.data);
    return true;
}

/* Replaces the name of a symbolic link by its target. */
static bool follow(struct walk *walk, const char *link)
{
    char target[PATH_MAX];
    char ahead[PATH_MAX];
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0 || ++walk->links > MOST_LINKS)
        return false;
    target[length] = '\0';
    if (target[0] == '/')
        walk->done[0] = '\0';
    size_t needed = format_text(ahead, sizeof ahead, "%s/%s", target, walk->rest);
    memcpy(walk->rest, ahead, needed + 1);
    return needed + 1 < sizeof ahead;
}

static void step_up(struct walk *walk)
{
    char *slash = strrchr(walk->done, '/');
    if (slash != NULL)
        *slash = '\0';
}

/* Resolves and watches one component. False at the end of the path; `*complete` then tells whether
 * every component is watched. */
static bool step(struct watch *watch, unsigned file, struct walk *walk, bool *complete)
{
    char path[PATH_MAX];
    struct stat status;
    struct str rest = str_from(walk->rest);
    struct str name;
    while (str_starts_with(rest, STR("/")))
        rest = str_skip(rest, 1);
    if (!str_next(&rest, '/', &name) || name.length == 0) {
        *complete = true;
        return false;
    }
    if (str_equal(name, STR("..")))
        step_up(walk);
    if (name.data[0] == '.' && (name.length == 1 || str_equal(name, STR("..")))) {
        memmove(walk->rest, rest.data == NULL ? "" : rest.data, rest.length);
        walk->rest[rest.length] = '\0';
        return true;
    }
    bool is_last = str_index_of(rest, '/') == 0 || rest.length == 0;
    *complete = watch_name(watch, file, walk, name, is_last);
    size_t length =
        format_text(path, sizeof path, "%s/%.*s", walk->done, (int)name.length, name.data);
    memmove(walk->rest, rest.data == NULL ? "" : rest.data, rest.length);
    walk->rest[rest.length] = '\0';
    if (!*complete || length + 1 >= sizeof path)
        return false;
    if (lstat(path, &status) != 0) {
        /* What is absent, or hidden from us, is waited for; anything else is tried again. The agent
         * has read its configuration before: that is hidden for a moment only. */
        *complete =
            errno == ENOENT || errno == ENOTDIR || (errno == EACCES && file != WATCH_CONFIG);
        return false;
    }
    if (S_ISLNK(status.st_mode))
        return follow(walk, path);
    memcpy(walk->done, path, length + 1);
    return S_ISDIR(status.st_mode);
}

/* Watches every component of a path. False when one cannot be watched. */
static bool watch_path(struct watch *watch, unsigned file, const char *path)
{
    struct walk walk = {.links = 0};
    bool complete = true;
    if (path[0] != '/' && getcwd(walk.done, sizeof walk.done) == NULL)
        return false;
    if (format_text(walk.rest, sizeof walk.rest, "%s", path) + 1 >= sizeof walk.rest)
        return false;
    while (step(watch, file, &walk, &complete))
        continue;
    return complete;
}

void watch_files_start(struct watch *watch, const char *const paths[WATCH_FILES])
{
    bool was_incomplete = watch->incomplete;
    close_descriptor(&watch->events);
    watch->count = 0;
    watch->incomplete = false;
    watch->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->entries == NULL)
        watch->entries = calloc(WATCH_ENTRIES, sizeof *watch->entries);
    for (unsigned file = 0; file < WATCH_FILES; file++) {
        if (paths[file] == NULL)
            continue;
        if (watch->events >= 0 && watch->entries != NULL && watch_path(watch, file, paths[file]))
            continue;
        watch->incomplete = watch->incomplete || errno != EACCES || file == WATCH_CONFIG;
        if (!was_incomplete)
            log_warn("Cannot watch %s for changes: %s; after a change, run: wcp-tiny reload",
                     paths[file], strerror(errno));
    }
}

void watch_files_stop(struct watch *watch)
{
    close_descriptor(&watch->events);
    free(watch->entries);
    *watch = (struct watch){.events = -1};
}

/* Applies one event to one entry of its directory. */
static void apply_event(struct watch *watch, const struct watch_files_entry *entry,
                        const struct inotify_event *event, bool changed[WATCH_FILES])
{
    if (event->len > 0 && strcmp(event->name, entry->name) != 0)
        return;
    bool is_writing = (event->mask & IN_MODIFY) != 0;
    if (is_writing ||
        (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_Q_OVERFLOW)) != 0)
        watch->being_written[entry->file] = is_writing;
    changed[entry->file] = true;
}

void watch_files_read(struct watch *watch, bool changed[WATCH_FILES])
{
    _Alignas(struct inotify_event) char block[4096];
    ssize_t got = 0;
    while ((got = read(watch->events, block, sizeof block)) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)&block[at];
            at += (ssize_t)(sizeof *event + event->len);
            for (unsigned i = 0; i < watch->count; i++)
                if (event->wd == watch->entries[i].watch || (event->mask & IN_Q_OVERFLOW) != 0)
                    apply_event(watch, &watch->entries[i], event, changed);
        }
    }
    for (unsigned file = 0; file < WATCH_FILES; file++)
        changed[file] = changed[file] && !watch->being_written[file];
}

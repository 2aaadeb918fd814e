#include "supervisor/run_directory.h"

#include "base/file.h"
#include "base/format.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "status/status.h"
#include "supervisor/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_DIRECTORY_PARENT "/run"
#define RUN_DIRECTORY_ROOT RUN_DIRECTORY_PARENT "/wcp-tiny"

enum {
    NAME_LENGTH = 16,
    REMOVALS = IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR,
    ARRIVALS = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR,
};

_Static_assert(RUN_DIRECTORY_PATH_SIZE > sizeof RUN_DIRECTORY_ROOT + NAME_LENGTH,
               "a path must fit");

/* --- the place -------------------------------------------------------------------------------- */

/* The place of a file: its directory, and its name there. */
struct place {
    struct stat directory;
    const char *name; /* borrowed from the path */
};

/* False when the directory is absent. */
static bool find_place(const char *path, struct place *place)
{
    BUF_AUTO struct buf directory = BUF(PATH_MAX);
    const char *slash = strrchr(path, '/');
    place->name = slash == NULL ? path : slash + 1;
    buf_append(&directory, str_bytes(path, (size_t)(place->name - path)));
    buf_append_byte(&directory, '.');
    const char *text = buf_text(&directory);
    return text != NULL && stat(text, &place->directory) == 0;
}

static bool is_default_place(const struct place *place)
{
    struct place other;
    return find_place(CONFIG_DEFAULT_PATH, &other) && strcmp(place->name, other.name) == 0 &&
           place->directory.st_dev == other.directory.st_dev &&
           place->directory.st_ino == other.directory.st_ino;
}

static void append_absolute(struct buf *out, const char *path)
{
    char here[PATH_MAX];
    if (path[0] != '/' && getcwd(here, sizeof here) != NULL)
        buf_format(out, "%s/", here);
    buf_append_text(out, path);
}

void run_directory_path(const char *config_path, char out[RUN_DIRECTORY_PATH_SIZE])
{
    BUF_AUTO struct buf identity = BUF(2 * PATH_MAX);
    char name[SHA256_HEX_SIZE] = "default";
    struct place place;
    bool exists = find_place(config_path, &place);
    if (exists)
        buf_format(&identity, "%llx:%llx/%s", (unsigned long long)place.directory.st_dev,
                   (unsigned long long)place.directory.st_ino, place.name);
    else
        append_absolute(&identity, config_path);
    if (!(exists && is_default_place(&place)) &&
        !str_equal(buf_str(&identity), STR(CONFIG_DEFAULT_PATH)))
        sha256_hex(buf_str(&identity), name);
    format_text(out, RUN_DIRECTORY_PATH_SIZE, "%s/%.*s", RUN_DIRECTORY_ROOT, NAME_LENGTH, name);
}

/* --- opening ---------------------------------------------------------------------------------- */

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

static int open_in_place(const char *path)
{
    mkdir(RUN_DIRECTORY_ROOT, 0755);
    mkdir(path, 0755);
    return open_private(path);
}

static int open_log_directory(const struct config *config, const char *path)
{
    int directory = open_private(config->log_directory != NULL ? config->log_directory : "logs");
    if (directory < 0)
        log_info("Neither %s nor the log directory is writable: there is no status file, and a "
                 "second agent would not be noticed",
                 path);
    return directory;
}

/* --- the agent's directory -------------------------------------------------------------------- */

/* Watches for the removal of the directory, and of files in it; while it is not in place, for what
 * could change that. (The directory tells nothing of its own removal while it is open: its parent
 * does.) A directory that is watched already stays so. */
static void add_watches(const struct run_directory *run)
{
    inotify_add_watch(run->events, RUN_DIRECTORY_ROOT, REMOVALS | (run->in_place ? 0 : ARRIVALS));
    if (run->in_place)
        inotify_add_watch(run->events, run->path, IN_DELETE | IN_ONLYDIR);
    else
        inotify_add_watch(run->events, RUN_DIRECTORY_PARENT, ARRIVALS);
}

/* The log directory is used because the other one is not writable for us. An agent of another user
 * may be there. */
static bool check_other_user(const struct run_directory *run, struct error *error)
{
    FD_AUTO int directory = open(run->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    pid_t pid = 0;
    return directory < 0 || !run_lock_is_held(directory, &pid) ||
           error_refuse(error, ERROR_DENIED, "stop it, or send it SIGHUP as its user",
                        "an agent of another user runs with this configuration file, pid %d",
                        (int)pid);
}

bool run_directory_enter(struct run_directory *run, const char *config_path,
                         const struct config *config, struct error *error)
{
    *run = (struct run_directory){.directory = -1, .lock = -1, .events = -1};
    run_directory_path(config_path, run->path);
    run->directory = open_in_place(run->path);
    run->in_place = run->directory >= 0;
    run->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    add_watches(run);
    if (!run->in_place) {
        if (!check_other_user(run, error))
            return false;
        run->directory = open_log_directory(config, run->path);
    }
    if (run->directory < 0)
        return true;
    enum run_lock lock = run_lock_take(run->directory, &run->lock, error);
    if (lock == RUN_LOCK_IMPOSSIBLE)
        log_warn("%s: a second agent with this configuration would not be noticed", error->message);
    return lock != RUN_LOCK_HELD;
}

static bool is_same_directory(int directory, const char *path)
{
    struct stat ours;
    struct stat there;
    return fstat(directory, &ours) == 0 && lstat(path, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static bool could_be_in_place(const struct run_directory *run)
{
    FD_AUTO int directory = open_in_place(run->path);
    return directory >= 0;
}

bool run_directory_is_current(const struct run_directory *run, const char *config_path)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    run_directory_path(config_path, path);
    if (strcmp(path, run->path) != 0)
        return false;
    if (run->in_place ? !is_same_directory(run->directory, path) : could_be_in_place(run))
        return false;
    return run->lock < 0 || run_lock_is_in_place(run->directory, run->lock);
}

/* A failed attempt to write the status file removes its temporary file: that is no change. */
static bool matters(const struct inotify_event *event)
{
    return event->len == 0 || strcmp(event->name, STATUS_FILE_NAME ".new") != 0;
}

bool run_directory_drain(const struct run_directory *run)
{
    _Alignas(struct inotify_event) char block[4096];
    bool changed = false;
    ssize_t length = 0;
    while ((length = read(run->events, block, sizeof block)) > 0)
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)&block[at];
            changed = changed || matters(event);
            at += (ssize_t)(sizeof *event + event->len);
        }
    add_watches(run); /* there may be more to watch now */
    return changed;
}

/* Nobody looks there any more. */
static void remove_files(const struct run_directory *run)
{
    unlinkat(run->directory, STATUS_FILE_NAME, 0);
    run_lock_remove(run->directory);
    rmdir(run->path);
}

void run_directory_leave(struct run_directory *run, const char *config_path)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    run_directory_path(config_path, path);
    if (run->in_place && strcmp(path, run->path) != 0)
        remove_files(run);
    close_descriptor(&run->events);
    close_descriptor(&run->lock);
    close_descriptor(&run->directory);
    *run = (struct run_directory){.directory = -1, .lock = -1, .events = -1};
}

/* --- for other processes ---------------------------------------------------------------------- */

/* A directory that an agent may use, as another process sees it. */
struct candidate {
    const char *path; /* NULL: none */
    pid_t pid;        /* of the agent that runs there; 0: none */
    time_t written;   /* its status file; 0: there is none */
};

static struct candidate examine(const char *path)
{
    struct candidate candidate = {.path = path};
    struct stat status;
    FD_AUTO int directory = path == NULL ? -1 : open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return candidate;
    run_lock_is_held(directory, &candidate.pid);
    if (fstatat(directory, STATUS_FILE_NAME, &status, 0) == 0)
        candidate.written = status.st_mtime;
    return candidate;
}

/* Chooses between the run-time directory and the log directory. */
static struct candidate find_agent(const char *config_path, const struct config *config,
                                   char path[RUN_DIRECTORY_PATH_SIZE])
{
    run_directory_path(config_path, path);
    struct candidate first = examine(path);
    struct candidate second = examine(config == NULL ? NULL : config->log_directory);
    if (first.pid != 0 || (second.pid == 0 && first.written >= second.written))
        return first;
    return second;
}

void run_directory_find(const char *config_path, const struct config *config, char out[PATH_MAX])
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    format_text(out, PATH_MAX, "%s", find_agent(config_path, config, path).path);
}

pid_t run_directory_agent_pid(const char *config_path, const struct config *config)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    return find_agent(config_path, config, path).pid;
}

bool run_directory_signal_agent(const char *config_path, const struct config *config, int number,
                                struct error *error)
{
    pid_t pid = run_directory_agent_pid(config_path, config);
    if (pid == 0)
        return error_refuse(error, ERROR_TRANSIENT, "start it: wcp-tiny run",
                            "no agent with the configuration %s is running", config_path);
    return kill(pid, number) == 0 ||
           error_set_errno(error, ERROR_DENIED, errno, "cannot signal the agent, pid %d", (int)pid);
}

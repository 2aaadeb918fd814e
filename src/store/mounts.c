#include "store/mounts.h"

#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mount.h"
#include "store/own_file.h"
#include "store/safe_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_HEADING "wcp-mounts 1\n"

/* A line of /proc/self/mountinfo (proc_pid_mountinfo(5)). `root` is the directory of the file
 * system that is mounted at `point`. In both, space, tab, newline and backslash are written as
 * three octal digits; they stay so here. */
struct mount {
    uint64_t id;
    struct str device;
    struct str root;
    struct str point;
};

/* For each directory of a set the mount point above it, at the place of its first target. The texts
 * are borrowed from `table`. */
struct mount_points {
    struct buf table;
    struct str of[JOURNAL_MAX_MEMBERS]; /* empty when unknown, or not a first target */
};

static bool next_mount(struct str *table, struct mount *mount)
{
    struct str line;
    struct str id;
    struct str parent;
    while (str_next_line(table, &line))
        if (str_next(&line, ' ', &id) && str_next(&line, ' ', &parent) &&
            str_next(&line, ' ', &mount->device) && str_next(&line, ' ', &mount->root) &&
            str_next(&line, ' ', &mount->point) && str_starts_with(mount->point, STR("/")) &&
            str_to_unsigned(id, UINT64_MAX, &mount->id))
            return true;
    return false;
}

/* Removes the last component of both paths when it is the same one. */
static bool strip_common_component(struct str *a, struct str *b)
{
    size_t same = 0;
    while (same < a->length && same < b->length &&
           a->data[a->length - same - 1] == b->data[b->length - same - 1] &&
           a->data[a->length - same - 1] != '/')
        same++;
    if (same == 0 || same >= a->length || same >= b->length ||
        a->data[a->length - same - 1] != '/' || b->data[b->length - same - 1] != '/')
        return false;
    *a = str_take(*a, a->length - same > 1 ? a->length - same - 1 : 1);
    *b = str_take(*b, b->length - same > 1 ? b->length - same - 1 : 1);
    return true;
}

static bool is_mounted(struct str table, struct str device, struct str root, struct str point)
{
    struct mount mount;
    while (next_mount(&table, &mount))
        if (str_equal(mount.device, device) && str_equal(mount.root, root) &&
            str_equal(mount.point, point))
            return true;
    return false;
}

/* systemd binds each directory that a service may write to itself, so that it is a mount of its own
 * for the service and none for others. Such a mount does not count: the answer is the mount point
 * that the directory would have without it. */
static struct str without_binds(struct str table, const struct mount *mount)
{
    struct str root = mount->root;
    struct str point = mount->point;
    struct str found = mount->point;
    while (strip_common_component(&root, &point))
        if (is_mounted(table, mount->device, root, point))
            found = point;
    return found;
}

/* Returns an empty text when the mount point is unknown. */
static struct str point_above(struct str table, int directory)
{
    uint64_t id = mount_of_descriptor(directory);
    struct str rest = table;
    struct mount mount;
    struct str point = {0};
    while (id != 0 && point.length == 0 && next_mount(&rest, &mount))
        if (mount.id == id)
            point = without_binds(table, &mount);
    return point;
}

static bool has_several_directories(const struct file_set *set)
{
    for (size_t i = 1; i < set->count; i++)
        if (file_set_is_first_in_directory(set, i))
            return true;
    return false;
}

/* Returns true when `index` stands for a directory that is open. */
static bool is_open_directory(const struct file_set *set, size_t index)
{
    return set->targets[index].directory >= 0 && file_set_is_first_in_directory(set, index);
}

/* The caller frees `points->table`, also after a failure. */
static bool find_points(const struct file_set *set, struct mount_points *points)
{
    *points = (struct mount_points){.table = BUF(LIMIT_MOUNT_TABLE)};
    FD_AUTO int file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (file < 0 || !read_all(file, &points->table))
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (is_open_directory(set, i))
            points->of[i] = point_above(buf_str(&points->table), set->targets[i].directory);
    return true;
}

static struct str directory_of(const struct target *target)
{
    size_t length = (size_t)(target->name - target->path);
    return str_bytes(target->path, length > 1 ? length - 1 : 1);
}

static void record_name(const struct target *target, char name[NAME_MAX + 1])
{
    format_text(name, NAME_MAX + 1, ".%s.wcp-mounts", target->name);
}

enum record_state { RECORD_NONE, RECORD_BELIEVED, RECORD_UNKNOWN };

/* Returns RECORD_BELIEVED when the text has the right form and checksum. */
static enum record_state judge_text(const struct buf *text)
{
    char end[SHA256_HEX_SIZE + 5] = "end ";
    if (!str_starts_with(buf_str(text), STR(RECORD_HEADING)) ||
        text->length < sizeof RECORD_HEADING - 1 + sizeof end - 1)
        return RECORD_NONE;
    struct str before = str_take(buf_str(text), text->length - (sizeof end - 1));
    sha256_hex(before, end + 4);
    end[sizeof end - 2] = '\n';
    return str_equal(str_skip(buf_str(text), before.length), str_bytes(end, sizeof end - 1))
               ? RECORD_BELIEVED
               : RECORD_NONE;
}

/* Reads the record beside the target into `text`. RECORD_UNKNOWN, with errno set: it
 * is there, but cannot be read. */
static enum record_state read_record(const struct target *target, struct buf *text)
{
    char name[NAME_MAX + 1];
    struct stat status;
    record_name(target, name);
    buf_clear(text);
    FD_AUTO int record =
        openat(target->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (record < 0)
        return errno == ENOENT || errno == ELOOP ? RECORD_NONE : RECORD_UNKNOWN;
    if (fstat(record, &status) != 0 || !own_file_is_trustworthy(target->directory, &status))
        return RECORD_NONE;
    if (!read_all(record, text))
        return errno == EFBIG ? RECORD_NONE : RECORD_UNKNOWN;
    return judge_text(text);
}

/* Makes the text of a record:
 *     wcp-mounts 1
 *     on <mount point, as in mountinfo> <directory>       (for each directory of the set)
 *     end <SHA-256, hex, of all the lines before>
 * Returns false when a mount point is unknown, or the text is too long. */
static bool make_record(const struct file_set *set, const struct mount_points *points,
                        struct buf *text)
{
    char checksum[SHA256_HEX_SIZE];
    buf_append_text(text, RECORD_HEADING);
    for (size_t i = 0; i < set->count; i++) {
        struct str directory = directory_of(&set->targets[i]);
        if (!file_set_is_first_in_directory(set, i))
            continue;
        if (points->of[i].length == 0)
            return false;
        buf_format(text, "on %.*s %.*s\n", (int)points->of[i].length, points->of[i].data,
                   (int)directory.length, directory.data);
    }
    if (text->failed)
        return false;
    sha256_hex(buf_str(text), checksum);
    return buf_format(text, "end %s\n", checksum);
}

/* Returns the mount point that a believed record names for a directory; empty: none. */
static struct str recorded_point(struct str record, struct str directory)
{
    struct str line;
    struct str word;
    struct str point;
    while (str_next_line(&record, &line))
        if (str_next(&line, ' ', &word) && str_equal(word, STR("on")) &&
            str_next(&line, ' ', &point) && str_equal(line, directory))
            return point;
    return STR("");
}

/* Writes a path of mountinfo as people know it. */
static const char *readable(struct str escaped, char out[PATH_MAX])
{
    size_t length = 0;
    while (escaped.length > 0 && length < PATH_MAX - 1) {
        bool octal = escaped.data[0] == '\\' && escaped.length >= 4;
        out[length++] =
            octal ? (char)(digit_value(escaped.data[1]) << 6 | digit_value(escaped.data[2]) << 3 |
                           digit_value(escaped.data[3]))
                  : escaped.data[0];
        escaped = str_skip(escaped, octal ? 4 : 1);
    }
    out[length] = '\0';
    return out;
}

static bool refuse_point(const struct target *target, struct str recorded, struct str found,
                         bool accept, struct error *error)
{
    char before[PATH_MAX];
    char now[PATH_MAX];
    error_set(error, ERROR_TRANSIENT,
              "%s lay on the file system at %s when it was last in place, and would be written to "
              "the one at %s now",
              target->path, readable(recorded, before), readable(found, now));
    error_advise(error, "mount %s, or accept the change: wcp-tiny once --force --only %s", before,
                 target->arn);
    if (accept)
        log_warn("%s: %s: accepted", target->arn, error->message);
    return accept;
}

/* Compares all directories with one record. */
static bool check_record(const struct file_set *set, const struct mount_points *points,
                         struct str record, bool accept, struct error *error)
{
    for (size_t i = 0; i < set->count; i++) {
        struct str recorded = recorded_point(record, directory_of(&set->targets[i]));
        if (recorded.length > 0 && points->of[i].length > 0 &&
            !str_equal(recorded, points->of[i]) &&
            !refuse_point(&set->targets[i], recorded, points->of[i], accept, error))
            return false;
    }
    return true;
}

/* Compares all directories with the record beside the target. One that cannot be read may name
 * another mount point. */
static bool check_beside(const struct file_set *set, const struct target *target,
                         const struct mount_points *points, bool accept, struct error *error)
{
    BUF_AUTO struct buf record = BUF(LIMIT_MOUNT_RECORD);
    switch (read_record(target, &record)) {
    case RECORD_NONE:
        return true;
    case RECORD_BELIEVED:
        return check_record(set, points, buf_str(&record), accept, error);
    default:
        error_set_errno(error, ERROR_TRANSIENT, errno,
                        "cannot read which file system %s was on when it was last in place",
                        target->path);
        return error_advise(error,
                            "let the agent's user read .%s.wcp-mounts beside it, and check the "
                            "disk or flash that holds it (dmesg)",
                            target->name);
    }
}

bool mounts_check(const struct file_set *set, bool accept, struct error *error)
{
    struct mount_points points;
    bool fine = true;
    if (!has_several_directories(set))
        return true;
    if (find_points(set, &points))
        for (size_t i = 0; i < set->count && fine; i++)
            fine = !is_open_directory(set, i) ||
                   check_beside(set, &set->targets[i], &points, accept, error);
    buf_free(&points.table);
    return fine;
}

static bool write_temporary(int directory, const char *name, struct str text)
{
    FD_AUTO int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                              S_IRUSR | S_IWUSR);
    return file >= 0 && fchmod(file, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0 &&
           write_all(file, text) && fsync(file) == 0;
}

/* Everybody may read a record: root's, by hand, is also for the unprivileged service. */
static bool write_record(const struct target *target, struct str text, struct error *error)
{
    BUF_AUTO struct buf present = BUF(LIMIT_MOUNT_RECORD);
    char name[NAME_MAX + 1];
    char temporary[NAME_MAX + 1];
    record_name(target, name);
    format_text(temporary, sizeof temporary, "%s-new", name);
    unlinkat(target->directory, temporary, 0); /* of a run that was killed */
    if (read_record(target, &present) == RECORD_BELIEVED && str_equal(buf_str(&present), text))
        return true;
    if (write_temporary(target->directory, temporary, text) &&
        renameat(target->directory, temporary, target->directory, name) == 0 &&
        safe_directory_sync(target->directory))
        return true;
    error_set_errno(error, errno == EACCES || errno == EPERM ? ERROR_DENIED : ERROR_TRANSIENT,
                    errno, "cannot record beside %s on which file system it lies", target->path);
    unlinkat(target->directory, temporary, 0);
    return error_advise(error, "let the agent's user write the directory, and free space");
}

bool mounts_record(const struct file_set *set, struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_MOUNT_RECORD);
    struct mount_points points;
    bool done = true;
    if (!has_several_directories(set))
        return true;
    if (find_points(set, &points) && make_record(set, &points, &text))
        for (size_t i = 0; i < set->count && done; i++)
            done =
                !is_open_directory(set, i) || write_record(&set->targets[i], buf_str(&text), error);
    buf_free(&points.table);
    return done;
}

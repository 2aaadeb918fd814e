#include "base/mount.h"

#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"

#include <fcntl.h>
#include <unistd.h>

static bool read_proc(const char *path, struct buf *text)
{
    FD_AUTO int file = open(path, O_RDONLY | O_CLOEXEC);
    return file >= 0 && read_all(file, text);
}

uint64_t mount_of_descriptor(int descriptor)
{
    char path[64];
    BUF_AUTO struct buf text = BUF(4096);
    struct str rest;
    struct str line;
    uint64_t mount = 0;
    format_text(path, sizeof path, "/proc/self/fdinfo/%d", descriptor);
    if (!read_proc(path, &text))
        return 0;
    rest = buf_str(&text);
    while (str_next_line(&rest, &line))
        if (str_starts_with(line, STR("mnt_id:")))
            str_to_unsigned(str_trim(str_skip(line, 7)), UINT64_MAX, &mount);
    return mount;
}

/* A line of mountinfo. */
struct mount_line {
    uint64_t mount;
    struct str device;
    struct str root; /* the directory of the file system that is mounted */
    bool writable;
};

static bool is_writable(struct str options)
{
    struct str option;
    while (str_next(&options, ',', &option))
        if (str_equal(option, STR("ro")))
            return false;
    return true;
}

/* A line is: number, parent, device, root, place, options, optional fields, "-", type, source,
 * options of the file system. */
static bool read_mount_line(struct str line, struct mount_line *out)
{
    enum { NUMBER, PARENT, DEVICE, ROOT, PLACE, OPTIONS, FIELDS };
    struct str fields[FIELDS];
    struct str field = {0};
    for (size_t i = 0; i < FIELDS; i++)
        if (!str_next(&line, ' ', &fields[i]))
            return false;
    while (!str_equal(field, STR("-")))
        if (!str_next(&line, ' ', &field))
            return false;
    for (size_t i = 0; i < 3; i++)
        if (!str_next(&line, ' ', &field))
            return false;
    out->device = fields[DEVICE];
    out->root = fields[ROOT];
    out->writable = is_writable(fields[OPTIONS]) && is_writable(field);
    return str_to_unsigned(fields[NUMBER], UINT64_MAX, &out->mount);
}

static bool lies_below(struct str path, struct str directory)
{
    if (str_equal(directory, STR("/")))
        return true;
    return str_starts_with(path, directory) &&
           (path.length == directory.length || path.data[directory.length] == '/');
}

bool mount_is_sealed(struct str mountinfo, uint64_t mount)
{
    struct mount_line own = {.writable = true};
    struct mount_line other;
    struct str line;
    for (struct str rest = mountinfo; str_next_line(&rest, &line);)
        if (read_mount_line(line, &other) && other.mount == mount)
            own = other;
    if (own.writable)
        return false;
    while (str_next_line(&mountinfo, &line))
        if (!read_mount_line(line, &other) ||
            (other.writable && str_equal(other.device, own.device) &&
             (lies_below(own.root, other.root) || lies_below(other.root, own.root))))
            return false;
    return true;
}

bool mount_of_descriptor_is_sealed(int descriptor)
{
    BUF_AUTO struct buf mountinfo = BUF(LIMIT_MOUNTINFO);
    uint64_t mount = mount_of_descriptor(descriptor);
    return mount != 0 && read_proc("/proc/self/mountinfo", &mountinfo) &&
           mount_is_sealed(buf_str(&mountinfo), mount);
}

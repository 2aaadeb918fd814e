#include "simulation/proc_files.h"

#include "simulation/calls.h"
#include "simulation/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static long write_descriptor_info(char *out, size_t size, const char *number)
{
    const struct file *file = call_file((int)strtol(number, NULL, 10));
    if (file == NULL)
        return -ENOENT;
    unsigned mount = file->place.mount == NULL ? 9 : file->place.mount->number;
    return snprintf(out, size, "pos:\t0\nflags:\t02100000\nmnt_id:\t%u\n", mount);
}

static long write_mounts(char *out, size_t size)
{
    size_t length = 0;
    for (const struct mount *mount = mounts_next(NULL); mount != NULL; mount = mounts_next(mount))
        length += (size_t)snprintf(
            out + length, size - length, "%u %u 8:%u / %s %s,relatime - ext4 /dev/sd%c rw\n",
            mount->number, mount->above == NULL ? 1 : mount->above->number,
            mount->root->disk->index, mount->path, mount->read_only ? "ro" : "rw",
            'a' + (int)mount->root->disk->index);
    return (long)length;
}

static long write_locks(char *out, size_t size)
{
    size_t length = 0;
    for (const struct record_lock *lock = record_locks_next(NULL); lock != NULL;
         lock = record_locks_next(lock))
        length += (size_t)snprintf(out + length, size - length,
                                   "1: POSIX  ADVISORY  WRITE %d 08:%02x:%u 0 EOF\n", lock->owner,
                                   lock->inode->disk->index, lock->inode->number);
    return (long)length;
}

/* proc_pid_stat(5): the 22nd field is the start time in ticks. */
static long write_process(char *out, size_t size, const char *rest)
{
    char *end = NULL;
    pid_t pid = strncmp(rest, "self", 4) == 0 ? current->pid : (pid_t)strtol(rest, &end, 10);
    const struct process *process = process_find(pid);
    if (process == NULL)
        return -ENOENT;
    return snprintf(out, size, "%d (%s) %c %d %d %d 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %lld 0 0\n",
                    (int)pid, process->name, process->state == PROCESS_ZOMBIE ? 'Z' : 'S',
                    (int)process->parent, (int)process->group, (int)process->group,
                    (long long)((process->started_at - kernel.booted_at) / (10 * MILLISECONDS)));
}

static long write_text(const char *path, char *out, size_t size)
{
    const char *rest = after(path, "/proc/self/fdinfo/");
    size_t length = strlen(path);
    if (rest != NULL)
        return write_descriptor_info(out, size, rest);
    if (strcmp(path, "/proc/self/mountinfo") == 0)
        return write_mounts(out, size);
    if (strcmp(path, "/proc/locks") == 0)
        return write_locks(out, size);
    if (strcmp(path, "/proc/sys/kernel/random/boot_id") == 0)
        return snprintf(out, size, "%08x-0000-4000-8000-%012x\n", kernel.boots, kernel.boots);
    rest = after(path, "/proc/");
    if (rest != NULL && length > 5 && strcmp(path + length - 5, "/stat") == 0)
        return write_process(out, size, rest);
    return -ENOENT;
}

long proc_open(const char *path, int flags)
{
    if (strcmp(path, "/dev/null") == 0)
        return call_descriptor(file_new(OPEN_NULL, flags), flags);
    if (after(path, "/proc/") == NULL)
        return -ENOSYS;
    struct file *file = file_new(OPEN_TEXT, flags);
    if (file == NULL)
        return -ENFILE;
    long length = write_text(path, file->text, sizeof file->text);
    if (length < 0) {
        file_release(file);
        return length;
    }
    file->text_length = (size_t)length;
    return call_descriptor(file, flags);
}

long proc_read_link(const char *path, char *out, size_t size)
{
    char text[1024];
    const char *rest = after(path, "/proc/self/fd/");
    if (rest == NULL)
        return -ENOSYS;
    const struct file *file = call_file((int)strtol(rest, NULL, 10));
    if (file == NULL)
        return -ENOENT;
    if (file->place.inode == NULL)
        return -EINVAL;
    bool is_directory = file->place.inode->kind == INODE_DIRECTORY;
    if (is_directory)
        place_path(file->place, NULL, text, sizeof text);
    else
        place_path((struct place){file->place.mount, file->directory}, file->name, text,
                   sizeof text);
    size_t length = strnlen(text, size);
    memcpy(out, text, length); /* as readlink(2): without a terminator */
    return (long)length;
}

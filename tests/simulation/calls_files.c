/* Calls on open files: reading, writing, syncing, descriptors. */
#include "simulation/calls.h"
#include "simulation/faults.h"
#include "simulation/history.h"
#include "simulation/watches.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct file *call_file(int descriptor)
{
    return descriptor < 0 || descriptor >= DESCRIPTORS ? NULL
                                                       : current->descriptors[descriptor].file;
}

static long place_descriptor(struct file *file, int lowest, bool close_on_exec)
{
    for (int i = lowest; i < DESCRIPTORS; i++) {
        if (current->descriptors[i].file != NULL)
            continue;
        current->descriptors[i] = (struct descriptor){file, close_on_exec};
        return i;
    }
    file_release(file);
    return -EMFILE;
}

long call_descriptor(struct file *file, int flags)
{
    return file == NULL ? -ENFILE : place_descriptor(file, 0, (flags & O_CLOEXEC) != 0);
}

static void close_one(int descriptor)
{
    struct file *file = current->descriptors[descriptor].file;
    current->descriptors[descriptor].file = NULL;
    if (file->place.inode != NULL)
        record_locks_release(file->place.inode, current->pid);
    if (file->directory != NULL && (file->flags & O_ACCMODE) != O_RDONLY && file->references == 1)
        watches_tell(file->directory, IN_CLOSE_WRITE, file->name);
    file_release(file);
}

long call_close(int descriptor)
{
    if (call_file(descriptor) == NULL)
        return -EBADF;
    close_one(descriptor);
    return 0;
}

long call_close_from(unsigned first, unsigned last)
{
    for (unsigned i = first; i < DESCRIPTORS && i <= last; i++)
        if (current->descriptors[i].file != NULL)
            close_one((int)i);
    return 0;
}

long call_duplicate(int descriptor, int lowest, bool close_on_exec)
{
    struct file *file = call_file(descriptor);
    if (file == NULL)
        return -EBADF;
    file_hold(file);
    return place_descriptor(file, lowest, close_on_exec);
}

long call_replace_descriptor(int descriptor, int other)
{
    struct file *file = call_file(descriptor);
    if (file == NULL)
        return -EBADF;
    if (descriptor == other)
        return other;
    file_hold(file);
    if (call_file(other) != NULL)
        close_one(other);
    current->descriptors[other] = (struct descriptor){file, false};
    return other;
}

/* --- reading --- */

static long read_pipe(const struct file *file, void *out, size_t size)
{
    struct pipe *pipe = file->pipe;
    size_t length = pipe->length < size ? pipe->length : size;
    if (pipe->length == 0)
        return pipe->writers == 0 ? 0 : -EAGAIN;
    memcpy(out, pipe->bytes, length);
    pipe->length -= length;
    memmove(pipe->bytes, pipe->bytes + length, pipe->length);
    return (long)length;
}

static long read_signal(const struct file *file, void *out, size_t size)
{
    struct signalfd_siginfo info = {0};
    uint64_t found = current->pending & file->signals;
    if (found == 0)
        return -EAGAIN;
    if (size < sizeof info)
        return -EINVAL;
    info.ssi_signo = (uint32_t)__builtin_ctzll(found);
    current->pending &= ~(UINT64_C(1) << info.ssi_signo);
    memcpy(out, &info, sizeof info);
    return sizeof info;
}

static long read_timer(struct file *file, void *out, size_t size)
{
    const uint64_t once = 1;
    if (file->timer.cancelled) {
        file->timer.cancelled = false;
        return -ECANCELED;
    }
    if ((file_events(file) & POLLIN) == 0)
        return -EAGAIN;
    if (size < sizeof once)
        return -EINVAL;
    file->timer.due = 0;
    memcpy(out, &once, sizeof once);
    return sizeof once;
}

static long read_watch(struct file *file, void *out, size_t size)
{
    size_t length = file->text_length < size ? file->text_length : size;
    if (file->text_length == 0)
        return -EAGAIN;
    memcpy(out, file->text, length); /* the reader's block is larger than this queue */
    file->text_length = 0;
    return (long)length;
}

static long read_bytes(const void *data, size_t length, size_t offset, void *out, size_t size)
{
    size_t left = offset < length ? length - offset : 0;
    left = left < size ? left : size;
    if (left > 0)
        memcpy(out, (const char *)data + offset, left);
    return (long)left;
}

static long read_file(struct file *file, void *out, size_t size, int64_t offset)
{
    size_t from = offset < 0 ? file->offset : (size_t)offset;
    const struct bytes *bytes = file->kind == OPEN_INODE ? &file->place.inode->now.bytes : NULL;
    if (bytes != NULL && file->place.inode->kind == INODE_DIRECTORY)
        return -EISDIR;
    if (bytes != NULL && (file->flags & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    long got = bytes != NULL ? read_bytes(bytes->data, bytes->length, from, out, size)
                             : read_bytes(file->text, file->text_length, from, out, size);
    if (offset < 0)
        file->offset += (size_t)got;
    return got;
}

static long read_any(struct file *file, void *out, size_t size, int64_t offset)
{
    switch (file->kind) {
    case OPEN_PIPE_READ:
        return read_pipe(file, out, size);
    case OPEN_SIGNALS:
        return read_signal(file, out, size);
    case OPEN_TIMER:
        return read_timer(file, out, size);
    case OPEN_WATCH:
        return read_watch(file, out, size);
    case OPEN_INODE:
    case OPEN_TEXT:
        return read_file(file, out, size, offset);
    case OPEN_NULL:
        return 0;
    default:
        return file->kind == OPEN_SOCKET ? -EAGAIN : -EBADF;
    }
}

static bool has_something_to_read(const struct process *process)
{
    (void)process;
    return file_events(process->waits_for) != 0;
}

long call_read(int descriptor, void *out, size_t size, int64_t offset)
{
    struct file *file = call_file(descriptor);
    call_begin(CALL_read);
    if (file == NULL)
        return -EBADF;
    /* Only of disks: reading an event never fails. */
    long result = file->place.inode == NULL ? 0 : fault_of(CALL_read, file->place.inode->disk);
    if (result == 0)
        result = read_any(file, out, size, offset);
    while (result == -EAGAIN && (file->flags & O_NONBLOCK) == 0) {
        process_sleep(NEVER, has_something_to_read, file);
        result = read_any(file, out, size, offset);
    }
    history("read(%d) = %ld", descriptor, result);
    return result;
}

/* --- writing --- */

static long write_pipe(const struct file *file, const void *data, size_t size)
{
    struct pipe *pipe = file->pipe;
    size_t room = PIPE_SIZE - pipe->length;
    size_t length = size < room ? size : room;
    if (pipe->readers == 0)
        return -EPIPE;
    if (length == 0)
        return -EAGAIN;
    memcpy(pipe->bytes + pipe->length, data, length);
    pipe->length += length;
    return (long)length;
}

static long write_file(struct file *file, const void *data, size_t size, int64_t offset)
{
    struct inode *inode = file->place.inode;
    if ((file->flags & O_ACCMODE) == O_RDONLY || inode->kind != INODE_FILE)
        return -EBADF;
    int error = fault_of(CALL_write, inode->disk);
    if (error != 0)
        return error;
    if (size > 1 && dice_hit(&kernel.dice, 16))
        size = 1 + dice_roll(&kernel.dice, (unsigned)size); /* as the kernel may */
    if ((file->flags & O_APPEND) != 0)
        file->offset = inode->now.bytes.length;
    inode_write(inode, offset < 0 ? file->offset : (size_t)offset, data, size);
    inode->changed_at = kernel.now;
    file->offset += offset < 0 ? size : 0;
    if (file->directory != NULL)
        watches_tell(file->directory, IN_MODIFY, file->name);
    call_mutated();
    return (long)size;
}

static long write_any(struct file *file, const void *data, size_t size, int64_t offset)
{
    switch (file->kind) {
    case OPEN_PIPE_WRITE:
        return write_pipe(file, data, size);
    case OPEN_INODE:
        return write_file(file, data, size, offset);
    case OPEN_NULL:
        return (long)size;
    default:
        return -EBADF;
    }
}

long call_write(int descriptor, const void *data, size_t size, int64_t offset)
{
    struct file *file = call_file(descriptor);
    call_begin(CALL_write);
    if (file == NULL)
        return -EBADF;
    long result = write_any(file, data, size, offset);
    while (result == -EAGAIN && (file->flags & O_NONBLOCK) == 0) {
        process_sleep(NEVER, has_something_to_read, file);
        result = write_any(file, data, size, offset);
    }
    history("write(%d, %zu) = %ld", descriptor, size, result);
    return result;
}

long call_seek(int descriptor, int64_t offset, int whence)
{
    struct file *file = call_file(descriptor);
    if (file == NULL)
        return -EBADF;
    if (file->kind != OPEN_INODE && file->kind != OPEN_TEXT)
        return -ESPIPE;
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? (int64_t)file->offset
                                        : (int64_t)file->place.inode->now.bytes.length;
    if (base + offset < 0)
        return -EINVAL;
    file->offset = (size_t)(base + offset);
    return (long)file->offset;
}

long call_truncate(int descriptor, int64_t length)
{
    struct file *file = call_file(descriptor);
    call_begin(CALL_truncate);
    if (file == NULL || file->kind == OPEN_PATH)
        return -EBADF;
    if (file->kind != OPEN_INODE || (file->flags & O_ACCMODE) == O_RDONLY || length < 0)
        return -EINVAL;
    int error = fault_of(CALL_truncate, file->place.inode->disk);
    if (error == 0) {
        inode_truncate(file->place.inode, (size_t)length);
        call_mutated();
    }
    history("ftruncate(%d, %lld) = %d", descriptor, (long long)length, error);
    return error;
}

long call_sync(int descriptor)
{
    struct file *file = call_file(descriptor);
    call_begin(CALL_fsync);
    if (file == NULL || file->kind == OPEN_PATH)
        return -EBADF;
    if (file->kind != OPEN_INODE)
        return -EINVAL;
    int error = fault_of(CALL_fsync, file->place.inode->disk);
    if (error == 0)
        inode_sync(file->place.inode);
    else
        inode_sync_failed(file->place.inode);
    history("fsync(%d) = %d", descriptor, error);
    return error;
}

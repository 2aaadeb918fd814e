/* Calls that lock, and that wait. */
#include "simulation/calls.h"
#include "simulation/faults.h"
#include "simulation/history.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

/* --- locks --- */

static bool lock_is_free(const struct file *file, int wanted)
{
    for (const struct file *other = files_next(NULL); other != NULL; other = files_next(other))
        if (other != file && other->lock != 0 && other->place.inode == file->place.inode &&
            (wanted == LOCK_EX || other->lock == LOCK_EX))
            return false;
    return true;
}

static bool is_lockable(const struct process *process)
{
    return lock_is_free(process->waits_for, LOCK_EX);
}

static void take_lock(struct file *file, int wanted)
{
    file->lock = wanted;
    if (file->place.inode->kind == INODE_DIRECTORY)
        current->looked_at[current->looks_at] = kernel.now;
}

long call_flock(int descriptor, int operation)
{
    struct file *file = call_file(descriptor);
    call_begin(CALL_flock);
    int wanted = operation & ~LOCK_NB;
    if (file == NULL || file->kind != OPEN_INODE)
        return -EBADF;
    long result = wanted == LOCK_UN ? 0 : fault_of(CALL_flock, file->place.inode->disk);
    if (wanted == LOCK_UN) {
        file->lock = 0;
    } else if (result == 0) {
        while (!lock_is_free(file, wanted) && (operation & LOCK_NB) == 0)
            process_sleep(NEVER, is_lockable, file);
        if (lock_is_free(file, wanted))
            take_lock(file, wanted);
        else
            result = -EWOULDBLOCK;
        if (result != 0)
            file->lock = 0; /* changing a lock gives the old one up first: flock(2) */
    }
    history("flock(%d, %d) = %ld", descriptor, operation, result);
    return result;
}

long call_record_lock(int descriptor, int command, short *type, pid_t *holder)
{
    const struct file *file = call_file(descriptor);
    call_begin(CALL_fcntl);
    if (file == NULL || file->place.inode == NULL)
        return -EBADF;
    struct inode *inode = file->place.inode;
    long result = fault_of(CALL_fcntl, inode->disk);
    if (result != 0)
        return result;
    if (command == F_GETLK) {
        *holder = record_lock_holder(inode, current->pid);
        *type = *holder == 0 ? F_UNLCK : F_WRLCK;
    } else if (*type == F_UNLCK) {
        record_locks_release(inode, current->pid);
    } else {
        result = record_lock_take(inode, current->pid) == 0 ? 0 : -EAGAIN;
    }
    history("record lock(%d) = %ld", descriptor, result);
    return result;
}

/* --- pipes and poll --- */

long call_pipe(int ends[2], int flags)
{
    struct file *files[2];
    call_begin(CALL_pipe);
    int error = fault_of(CALL_pipe, NULL);
    if (error != 0 || !pipe_new(files, flags))
        return error != 0 ? error : -ENFILE;
    long first = call_descriptor(files[0], flags);
    long second = call_descriptor(files[1], flags);
    ends[0] = (int)first;
    ends[1] = (int)second;
    return first < 0 ? first : second < 0 ? second : 0;
}

static size_t check_events(struct pollfd *events, size_t count)
{
    size_t ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct pollfd *event = &events[i];
        const struct file *file = call_file(event->fd);
        event->revents = 0;
        if (event->fd < 0)
            continue;
        event->revents = file == NULL
                             ? POLLNVAL
                             : (short)(file_events(file) & (event->events | POLLHUP | POLLERR));
        ready += event->revents != 0;
    }
    return ready;
}

static bool has_event(const struct process *process)
{
    return check_events(current->polled, process->polled_count) > 0;
}

long call_poll(struct pollfd *events, size_t count, int timeout_ms)
{
    call_begin(CALL_poll);
    long result = fault_of(CALL_poll, NULL);
    if (result != 0)
        return result;
    if (count > POLLED)
        return -EINVAL;
    result = (long)check_events(events, count);
    if (result == 0 && timeout_ms != 0) {
        int64_t until = timeout_ms < 0 ? NEVER : kernel.now + timeout_ms * MILLISECONDS;
        history("poll(%zu, %d) …", count, timeout_ms);
        if (count > 0)
            memcpy(current->polled, events, count * sizeof *events);
        current->polled_count = count;
        process_sleep(until, has_event, NULL);
        current->polled_count = 0;
        result = (long)check_events(events, count);
    }
    history("poll(%zu, %d) = %ld", count, timeout_ms, result);
    return result;
}

long call_socket(void)
{
    call_begin(CALL_socket);
    int error = fault_of(CALL_socket, NULL);
    return error != 0 ? error : call_descriptor(file_new(OPEN_SOCKET, O_NONBLOCK), O_CLOEXEC);
}

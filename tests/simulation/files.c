#include "simulation/files.h"

#include "simulation/kernel.h"
#include "simulation/watches.h"

#include <poll.h>
#include <string.h>

enum { RECORD_LOCKS = 32 };

static struct file files[OPEN_FILES];
static struct file *files_end = files; /* those from here on were never used */
static struct pipe pipes[PIPES];
static struct record_lock record_locks[RECORD_LOCKS];

void files_reset(void)
{
    for (unsigned i = 0; i < OPEN_FILES; i++)
        files[i].kind = OPEN_FREE;
    files_end = files;
    for (unsigned i = 0; i < PIPES; i++)
        pipes[i].readers = pipes[i].writers = 0;
    memset(record_locks, 0, sizeof record_locks);
}

struct file *file_new(enum file_kind kind, int flags)
{
    struct file *file = files;
    while (file < files + OPEN_FILES && file->kind != OPEN_FREE)
        file++;
    if (file == files + OPEN_FILES)
        return NULL;
    files_end = file < files_end ? files_end : file + 1;
    memset(file, 0, offsetof(struct file, text));
    file->kind = kind;
    file->flags = flags;
    file->references = 1;
    return file;
}

struct file *file_of_place(enum file_kind kind, struct place place, int flags)
{
    struct file *file = file_new(kind, flags);
    if (file == NULL)
        return NULL;
    file->place = place;
    inode_hold(place.inode);
    return file;
}

void file_hold(struct file *file)
{
    file->references++;
}

void file_release(struct file *file)
{
    if (--file->references > 0)
        return;
    if (file->kind == OPEN_WATCH)
        watches_close(file);
    if (file->kind == OPEN_PIPE_READ)
        file->pipe->readers--;
    if (file->kind == OPEN_PIPE_WRITE)
        file->pipe->writers--;
    file->kind = OPEN_FREE;
    if (file->place.inode != NULL)
        inode_release(file->place.inode);
    if (file->directory != NULL)
        inode_release(file->directory);
}

struct file *files_next(const struct file *before)
{
    struct file *file = before == NULL ? files : files + (before - files) + 1;
    while (file < files_end && file->kind == OPEN_FREE)
        file++;
    return file < files_end ? file : NULL;
}

bool pipe_new(struct file *ends[2], int flags)
{
    struct pipe *pipe = pipes;
    while (pipe < pipes + PIPES && pipe->readers + pipe->writers > 0)
        pipe++;
    if (pipe == pipes + PIPES)
        return false;
    ends[0] = file_new(OPEN_PIPE_READ, flags);
    ends[1] = file_new(OPEN_PIPE_WRITE, flags);
    if (ends[0] == NULL || ends[1] == NULL)
        return false;
    pipe->readers = pipe->writers = 1;
    pipe->length = 0;
    ends[0]->pipe = ends[1]->pipe = pipe;
    return true;
}

/* --- timers --- */

static int64_t timer_due(const struct timer *timer)
{
    if (timer->due == 0)
        return NEVER;
    return timer->wall_clock ? timer->due - kernel.wall_clock : timer->due;
}

int64_t files_next_timer(void)
{
    int64_t next = NEVER;
    for (struct file *file = files_next(NULL); file != NULL; file = files_next(file)) {
        int64_t due = file->kind == OPEN_TIMER ? timer_due(&file->timer) : NEVER;
        if (due > kernel.now && due < next)
            next = due;
    }
    return next;
}

void files_clock_set(void)
{
    for (struct file *file = files_next(NULL); file != NULL; file = files_next(file))
        if (file->kind == OPEN_TIMER && file->timer.cancel_on_set && file->timer.due != 0)
            file->timer.cancelled = true;
}

static short pipe_events(const struct file *file)
{
    const struct pipe *pipe = file->pipe;
    if (file->kind == OPEN_PIPE_WRITE)
        return pipe->readers == 0 ? POLLERR : pipe->length < PIPE_SIZE ? POLLOUT : 0;
    return (short)((pipe->length > 0 ? POLLIN : 0) | (pipe->writers == 0 ? POLLHUP : 0));
}

short file_events(const struct file *file)
{
    switch (file->kind) {
    case OPEN_PIPE_READ:
    case OPEN_PIPE_WRITE:
        return pipe_events(file);
    case OPEN_TIMER:
        return timer_due(&file->timer) <= kernel.now || file->timer.cancelled ? POLLIN : 0;
    case OPEN_SIGNALS:
        return current != NULL && (current->pending & file->signals) != 0 ? POLLIN : 0;
    case OPEN_WATCH:
        return file->text_length > 0 ? POLLIN : 0;
    case OPEN_SOCKET:
        return 0;
    default:
        return POLLIN | POLLOUT;
    }
}

/* --- record locks --- */

int record_lock_holder(const struct inode *inode, int pid)
{
    for (unsigned i = 0; i < RECORD_LOCKS; i++)
        if (record_locks[i].owner != 0 && record_locks[i].owner != pid &&
            record_locks[i].inode == inode)
            return record_locks[i].owner;
    return 0;
}

int record_lock_take(const struct inode *inode, int pid)
{
    int holder = record_lock_holder(inode, pid);
    for (unsigned i = 0; i < RECORD_LOCKS && holder == 0; i++) {
        if (record_locks[i].owner != 0)
            continue;
        record_locks[i] = (struct record_lock){inode, pid};
        break;
    }
    return holder;
}

const struct record_lock *record_locks_next(const struct record_lock *before)
{
    const struct record_lock *lock = before == NULL ? record_locks : before + 1;
    while (lock < record_locks + RECORD_LOCKS && lock->owner == 0)
        lock++;
    return lock < record_locks + RECORD_LOCKS ? lock : NULL;
}

void record_locks_release(const struct inode *inode, int pid)
{
    for (unsigned i = 0; i < RECORD_LOCKS; i++)
        if (record_locks[i].owner == pid && (inode == NULL || record_locks[i].inode == inode))
            record_locks[i].owner = 0;
}

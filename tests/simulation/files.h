/* Open files: what descriptors refer to. Descriptors that were duplicated or inherited share one.
 */
#ifndef WCP_SIMULATION_FILES_H
#define WCP_SIMULATION_FILES_H

#include "simulation/mounts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPEN_FILES = 256, PIPES = 64, PIPE_SIZE = 16 * 1024, FILE_TEXT_SIZE = 2048 };

enum file_kind {
    OPEN_FREE,
    OPEN_INODE,
    OPEN_PATH, /* O_PATH: names a file, and no more */
    OPEN_TEXT, /* a file of /proc */
    OPEN_NULL, /* /dev/null */
    OPEN_PIPE_READ,
    OPEN_PIPE_WRITE,
    OPEN_TIMER,
    OPEN_SIGNALS,
    OPEN_WATCH, /* inotify */
    OPEN_SOCKET,
};

struct pipe {
    unsigned readers;
    unsigned writers;
    size_t length;
    char bytes[PIPE_SIZE];
};

struct timer {
    bool wall_clock; /* absolute, by the clock that can be set */
    bool cancel_on_set;
    bool cancelled;
    int64_t due; /* kernel.now, or the wall clock's time; 0: stopped */
};

struct file {
    enum file_kind kind;
    unsigned references;
    int flags; /* of open(2) */
    struct place place;
    struct inode *directory; /* that held the name when it was opened, for inotify; or NULL */
    const char *name;
    size_t offset;
    int lock; /* LOCK_SH or LOCK_EX of flock(2); 0: none */
    struct pipe *pipe;
    struct timer timer;
    uint64_t signals;
    size_t text_length; /* of OPEN_TEXT; of OPEN_WATCH, the events that wait */
    char text[FILE_TEXT_SIZE];
};

void files_reset(void);
/* Returns a file with one reference; NULL: the table is full. */
struct file *file_new(enum file_kind kind, int flags);
struct file *file_of_place(enum file_kind kind, struct place place, int flags);
void file_hold(struct file *file);
void file_release(struct file *file);
struct file *files_next(const struct file *before);
/* Makes both ends of a pipe. */
bool pipe_new(struct file *ends[2], int flags);
/* poll(2)'s events of a file. */
short file_events(const struct file *file);
/* The next time at which a timer is due, as kernel.now; INT64_MAX: never. */
int64_t files_next_timer(void);
/* The wall clock was set: cancels the timers that want it. */
void files_clock_set(void);

/* --- record locks of fcntl(2) --- */

struct record_lock {
    const struct inode *inode;
    int owner; /* pid; 0: unused */
};

/* Takes the lock of a file for a process. Returns the pid of another holder, else 0. */
int record_lock_take(const struct inode *inode, int pid);
int record_lock_holder(const struct inode *inode, int pid);
/* The next lock that is held; NULL: no more. */
const struct record_lock *record_locks_next(const struct record_lock *before);
/* Releases the locks of a process: all of a file's, or with NULL of all files. */
void record_locks_release(const struct inode *inode, int pid);

#endif

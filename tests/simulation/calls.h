/* The simulated system calls. Each acts for the running process (`current`), and returns what the
 * call returns, or an errno value below 0. Arguments are those of Linux. */
#ifndef WCP_SIMULATION_CALLS_H
#define WCP_SIMULATION_CALLS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct file;
struct walked;

/* --- for the other calls --- */

/* The file of a descriptor; NULL: it is not open. */
struct file *call_file(int descriptor);
/* Puts a file at the lowest free descriptor and owns its reference. */
long call_descriptor(struct file *file, int flags);
/* Walks a path from a directory's descriptor or AT_FDCWD. */
int call_walk(int directory, const char *path, unsigned flags, struct walked *walked);
/* Tells the world that disks have changed. */
void call_mutated(void);

/* --- names --- */

long call_open(int directory, const char *path, int flags, unsigned mode, unsigned walk_flags);
long call_rename(int from, const char *old, int to, const char *new, unsigned flags);
long call_link(int from, const char *old, int to, const char *new, int flags);
long call_unlink(int directory, const char *path, int flags);
long call_make_directory(int directory, const char *path, unsigned mode);
long call_make_link(const char *text, int directory, const char *path);
long call_read_link(int directory, const char *path, char *out, size_t size);
/* Writes the next name of an open directory to `out`. Returns 0 at the end. */
long call_list(int descriptor, size_t *position, char *out, size_t size, unsigned *kind,
               ino_t *number);

/* --- files --- */

long call_close(int descriptor);
long call_close_from(unsigned first, unsigned last);
long call_duplicate(int descriptor, int lowest, bool close_on_exec);
long call_replace_descriptor(int descriptor, int other);
long call_read(int descriptor, void *out, size_t size, int64_t offset);
/* `offset` below 0: where the file is. */
long call_write(int descriptor, const void *data, size_t size, int64_t offset);
long call_seek(int descriptor, int64_t offset, int whence);
long call_truncate(int descriptor, int64_t length);
long call_sync(int descriptor);

/* --- what files are --- */

long call_stat(int directory, const char *path, int flags, struct stat *status);
long call_statx(int directory, const char *path, int flags, struct statx *status);
long call_stat_file_system(int descriptor, unsigned *type, bool *read_only);
long call_access(int directory, const char *path, int wanted);
long call_change_mode(int descriptor, unsigned mode);
long call_change_owner(int descriptor, unsigned owner, unsigned group);
long call_get_flags(int descriptor, unsigned *flags);
/* Any request for an extended attribute; `by_path`: also of a file that is open with O_PATH. */
long call_attribute(int descriptor, bool by_path);

/* --- locks, pipes, waiting --- */

long call_flock(int descriptor, int operation);
long call_record_lock(int descriptor, int command, short *type, pid_t *holder);
long call_pipe(int ends[2], int flags);
long call_poll(struct pollfd *events, size_t count, int timeout_ms);
long call_socket(void);

/* --- time --- */

int64_t call_time(int clock);
long call_timer_new(int clock, int flags);
long call_timer_set(int descriptor, int flags, int64_t value);
long call_watch_new(int flags);
long call_watch_add(int descriptor, const char *path, uint32_t mask);

/* --- processes and signals --- */

long call_fork(void);
long call_execute(const char *program);
long call_wait(pid_t pid, int *status, int options);
long call_kill(pid_t pid, int number);
long call_signal_file(int descriptor, uint64_t signals, int flags);
long call_random(void *out, size_t size);

#endif

/* Calls about processes, signals, time and random numbers. */
#include "simulation/calls.h"
#include "simulation/faults.h"
#include "simulation/history.h"
#include "simulation/hooks.h"
#include "simulation/watches.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

/* --- time --- */

int64_t call_time(int clock)
{
    return clock == CLOCK_REALTIME ? kernel.now + kernel.wall_clock : kernel.now - kernel.booted_at;
}

long call_timer_new(int clock, int flags)
{
    call_begin(CALL_timer);
    int error = fault_of(CALL_timer, NULL);
    if (error != 0)
        return error;
    struct file *file = file_new(OPEN_TIMER, flags & TFD_NONBLOCK ? O_NONBLOCK : 0);
    if (file == NULL)
        return -ENFILE;
    file->timer.wall_clock = clock == CLOCK_REALTIME;
    return call_descriptor(file, O_CLOEXEC);
}

long call_timer_set(int descriptor, int flags, int64_t value)
{
    struct file *file = call_file(descriptor);
    call_begin(CALL_timer);
    if (file == NULL || file->kind != OPEN_TIMER)
        return -EBADF;
    struct timer *timer = &file->timer;
    bool absolute = (flags & TFD_TIMER_ABSTIME) != 0;
    int64_t base = timer->wall_clock ? kernel.now + kernel.wall_clock : kernel.now;
    timer->due = value == 0  ? 0
                 : !absolute ? base + value
                             : value + (timer->wall_clock ? 0 : kernel.booted_at);
    timer->cancel_on_set = (flags & TFD_TIMER_CANCEL_ON_SET) != 0;
    timer->cancelled = false;
    history("timerfd_settime(%d, %lld ms) = 0", descriptor, (long long)(value / MILLISECONDS));
    return 0;
}

long call_watch_new(int flags)
{
    call_begin(CALL_inotify);
    int error = fault_of(CALL_inotify, NULL);
    (void)flags;
    return error != 0 ? error : call_descriptor(file_new(OPEN_WATCH, O_NONBLOCK), O_CLOEXEC);
}

long call_watch_add(int descriptor, const char *path, uint32_t mask)
{
    struct walked walked;
    struct file *file = call_file(descriptor);
    call_begin(CALL_inotify);
    if (file == NULL || file->kind != OPEN_WATCH)
        return -EBADF;
    long result = call_walk(AT_FDCWD, path, WALK_FOLLOW, &walked);
    if (result == 0)
        result = fault_of(CALL_inotify, walked.directory.inode->disk);
    if (result == 0)
        result = walked.found.inode == NULL ? -ENOENT : watch_add(file, walked.found.inode, mask);
    history("inotify_add_watch(%s) = %ld", path, result);
    return result;
}

/* --- processes --- */

long call_fork(void)
{
    struct process *child = NULL;
    call_begin(CALL_fork);
    int error = fault_of(CALL_fork, NULL);
    if (error != 0)
        return error;
    if (process_fork_current(&child))
        return 0;
    history("fork() = %d", (int)child->pid);
    return child->pid;
}

long call_execute(const char *program)
{
    call_begin(CALL_exec);
    int error = fault_of(CALL_exec, NULL);
    history("execvp(%s) = %d", program, error);
    if (error != 0)
        return error;
    for (int i = 0; i < DESCRIPTORS; i++)
        if (current->descriptors[i].file != NULL && current->descriptors[i].close_on_exec)
            call_close(i);
    record_locks_release(NULL, current->pid);
    hooks_execute(program);
}

static struct process *ended_child(pid_t pid, bool *any)
{
    struct process *found = NULL;
    *any = false;
    for (unsigned i = 0; i < kernel.slots; i++) {
        struct process *process = &kernel.processes[i];
        if (process->state == PROCESS_FREE || process->parent != current->pid ||
            (pid > 0 && process->pid != pid))
            continue;
        *any = true;
        if (process->state == PROCESS_ZOMBIE && found == NULL)
            found = process;
    }
    return found;
}

static bool child_has_ended(const struct process *process)
{
    bool any = false;
    return ended_child(process->waits_for_child, &any) != NULL || !any;
}

long call_wait(pid_t pid, int *status, int options)
{
    bool any = false;
    call_begin(CALL_wait);
    struct process *child = ended_child(pid, &any);
    if (child == NULL && any && (options & WNOHANG) == 0) {
        current->waits_for_child = pid;
        process_sleep(NEVER, child_has_ended, NULL);
        child = ended_child(pid, &any);
    }
    if (child == NULL)
        return any ? 0 : -ECHILD;
    if (status != NULL)
        *status = child->status;
    child->state = PROCESS_FREE;
    history("waitpid(%d) = %d, status %#x", (int)pid, (int)child->pid, (unsigned)child->status);
    return child->pid;
}

long call_kill(pid_t pid, int number)
{
    unsigned found = 0;
    call_begin(CALL_kill);
    int error = fault_of(CALL_kill, NULL);
    for (unsigned i = 0; i < kernel.slots && error == 0; i++) {
        struct process *process = &kernel.processes[i];
        bool meant = pid > 0 ? process->pid == pid : process->group == -pid;
        if (process->state == PROCESS_FREE || !meant)
            continue;
        found++;
        if (process->outlives_signals || (current->user != 0 && process->user != current->user))
            error = -EPERM;
        else
            process_send_signal(process, number);
    }
    long result = error != 0 ? error : found > 0 ? 0 : -ESRCH;
    history("kill(%d, %d) = %ld", (int)pid, number, result);
    if (current->state == PROCESS_ZOMBIE)
        coroutine_suspend();
    return result;
}

long call_signal_file(int descriptor, uint64_t signals, int flags)
{
    struct file *file =
        descriptor >= 0 ? call_file(descriptor) : file_new(OPEN_SIGNALS, O_NONBLOCK);
    (void)flags;
    call_begin(CALL_signal);
    if (file == NULL)
        return descriptor >= 0 ? -EBADF : -ENFILE;
    file->signals = signals;
    return descriptor >= 0 ? descriptor : call_descriptor(file, O_CLOEXEC);
}

long call_random(void *out, size_t size)
{
    unsigned char *bytes = out;
    call_begin(CALL_random);
    int error = fault_of(CALL_random, NULL);
    if (error != 0)
        return error;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(dice_next(&kernel.randomness) >> 24);
    return (long)size;
}

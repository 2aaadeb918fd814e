/* Processes: how they begin and end. */
#include "simulation/history.h"
#include "simulation/kernel.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pid_t last_pid;

void processes_reset(void)
{
    last_pid = 100;
}

static struct process *free_process(void)
{
    for (unsigned i = 0; i < PROCESSES; i++)
        if (kernel.processes[i].state == PROCESS_FREE) {
            kernel.slots = i < kernel.slots ? kernel.slots : i + 1;
            return &kernel.processes[i];
        }
    fputs("too many simulated processes\n", stderr);
    abort();
}

static void run_entry(void *context)
{
    struct process *process = context;
    process->entry(process->entry_context);
    process_exit(0);
}

struct process *process_new(const char *name, unsigned user, void (*entry)(void *context),
                            void *context)
{
    struct process *process = free_process();
    *process = (struct process){.state = PROCESS_READY,
                                .pid = ++last_pid,
                                .parent = 1,
                                .user = user,
                                .started_at = kernel.now,
                                .has_code = entry != NULL,
                                .entry = entry,
                                .entry_context = context};
    process->group = process->pid;
    process->working_directory = mounts_root();
    inode_hold(process->working_directory.inode);
    snprintf(process->name, sizeof process->name, "%s", name);
    if (entry != NULL)
        coroutine_start(&process->coroutine, run_entry, process);
    for (int i = 0; i < 3; i++) {
        process->descriptors[i].file = file_new(OPEN_NULL, 0);
    }
    return process;
}

bool process_fork_current(struct process **child)
{
    struct process *copy = free_process();
    *copy = *current;
    copy->pid = ++last_pid;
    copy->parent = current->pid;
    copy->started_at = kernel.now;
    copy->pending = 0;
    copy->calls = 0;
    copy->wake_ups = 0;
    copy->state = PROCESS_READY;
    snprintf(copy->name, sizeof copy->name, "%.11s/%d", current->name, (int)copy->pid);
    inode_hold(copy->working_directory.inode);
    for (unsigned i = 0; i < DESCRIPTORS; i++)
        if (copy->descriptors[i].file != NULL)
            file_hold(copy->descriptors[i].file);
    *child = copy;
    return coroutine_fork(&copy->coroutine);
}

struct process *process_find(pid_t pid)
{
    for (unsigned i = 0; i < kernel.slots; i++)
        if (kernel.processes[i].state != PROCESS_FREE && kernel.processes[i].pid == pid)
            return &kernel.processes[i];
    return NULL;
}

static bool is_named(const struct process *process, const char *name)
{
    return process->state != PROCESS_FREE && process->state != PROCESS_ZOMBIE &&
           strcmp(process->name, name) == 0;
}

bool process_exists(const char *name)
{
    for (unsigned i = 0; i < kernel.slots; i++)
        if (is_named(&kernel.processes[i], name))
            return true;
    return false;
}

static void close_everything(struct process *process)
{
    for (unsigned i = 0; i < DESCRIPTORS; i++) {
        struct file *file = process->descriptors[i].file;
        process->descriptors[i].file = NULL;
        if (file != NULL)
            file_release(file);
    }
    record_locks_release(NULL, process->pid);
    inode_release(process->working_directory.inode);
}

void process_end(struct process *process, int status)
{
    void (*at_end)(struct process *) = process->at_end;
    process->status = status;
    process->at_end = NULL;
    if (at_end != NULL)
        at_end(process);
    close_everything(process);
    process->state = PROCESS_ZOMBIE;
    for (unsigned i = 0; i < kernel.slots; i++)
        if (kernel.processes[i].state != PROCESS_FREE && kernel.processes[i].parent == process->pid)
            kernel.processes[i].parent = 1;
    struct process *parent = process_find(process->parent);
    if (parent != NULL && parent->state != PROCESS_ZOMBIE)
        parent->pending |= UINT64_C(1) << SIGCHLD;
    else
        process->parent = 1;
    if (process != current && process->has_code)
        coroutine_end(&process->coroutine);
}

/* Process 1 reaps what nobody else will. */
void processes_reap(void)
{
    for (unsigned i = 0; i < kernel.slots; i++)
        if (kernel.processes[i].state == PROCESS_ZOMBIE && kernel.processes[i].parent == 1)
            kernel.processes[i].state = PROCESS_FREE;
}

void process_exit(int status)
{
    history("exit(%d)", status);
    process_end(current, status << 8);
    coroutine_suspend();
    abort();
}

void process_hand_over(void (*act)(struct process *process), int64_t acts_at)
{
    current->has_code = false;
    current->act = act;
    current->acts_at = acts_at;
    current->state = PROCESS_READY;
    coroutine_suspend();
    abort();
}

void process_send_signal(struct process *process, int number)
{
    uint64_t bit = UINT64_C(1) << number;
    if (number == 0 || process->state == PROCESS_ZOMBIE)
        return;
    if (number != SIGKILL && (process->blocked & bit) != 0) {
        process->pending |= bit;
        return;
    }
    bool ignored = (process->ignored & bit) != 0 || number == SIGCHLD || number == SIGURG;
    if (number == SIGKILL || !ignored) {
        history_note("%s (%d) is killed by signal %d", process->name, (int)process->pid, number);
        process_end(process, number);
    }
}

unsigned processes_wake_ups(const char *name)
{
    unsigned count = 0;
    for (unsigned i = 0; i < kernel.slots; i++)
        if (is_named(&kernel.processes[i], name))
            count += kernel.processes[i].wake_ups;
    return count;
}

void processes_signal(const char *name, int number)
{
    for (unsigned i = 0; i < kernel.slots; i++)
        if (is_named(&kernel.processes[i], name))
            process_send_signal(&kernel.processes[i], number);
}

void processes_cut(void)
{
    for (unsigned i = 0; i < kernel.slots; i++) {
        struct process *process = &kernel.processes[i];
        if (process->state == PROCESS_FREE)
            continue;
        if (process->state != PROCESS_ZOMBIE) {
            process->at_end = NULL;
            process_end(process, SIGKILL);
        }
        process->state = PROCESS_FREE;
    }
}

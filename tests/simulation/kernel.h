/* The simulated machine: its processes, its time, and whose turn it is. */
#ifndef WCP_SIMULATION_KERNEL_H
#define WCP_SIMULATION_KERNEL_H

#include "simulation/coroutine.h"
#include "simulation/files.h"
#include "simulation/mounts.h"

#include <poll.h>
#include <sys/types.h>

enum { PROCESSES = 64, DESCRIPTORS = 64, PROCESS_NAME = 24, POLLED = 24, SUBJECTS = 8 };

/* With more, the processes of a history never come to rest. Eight sets that cannot be finished, and
 * are tried again each minute for a day, need half of it. */
enum { MOST_CALLS = 1000000 };

#define MILLISECONDS INT64_C(1000000) /* in nanoseconds */
#define SECONDS (1000 * MILLISECONDS)
#define NEVER INT64_MAX

enum call {
#define CALL(name) CALL_##name,
#include "simulation/calls.def"
#undef CALL
    CALLS
};

struct descriptor {
    struct file *file; /* NULL: closed */
    bool close_on_exec;
};

enum process_state { PROCESS_FREE, PROCESS_READY, PROCESS_ASLEEP, PROCESS_ZOMBIE };

struct process {
    enum process_state state;
    char name[PROCESS_NAME];
    pid_t pid;
    pid_t parent;
    pid_t group;
    unsigned user;
    struct descriptor descriptors[DESCRIPTORS];
    struct place working_directory;
    uint64_t blocked; /* signals, as bits */
    uint64_t pending;
    uint64_t ignored;
    int64_t started_at;
    int status; /* of wait(2), of a zombie */
    /* A process that runs code of the product has a coroutine. Another one is played by the world:
     * `act` is called at `acts_at`, and sets that time again or ends the process. */
    bool has_code;
    void (*entry)(void *context);
    void *entry_context;
    struct coroutine coroutine;
    int64_t acts_at;
    void (*act)(struct process *process);
    bool outlives_signals; /* as a child of sudo does */
    void (*at_end)(struct process *process);
    unsigned looks_at;           /* the certificate whose files it handles */
    int64_t looked_at[SUBJECTS]; /* when it last took the lock for each */
    uint64_t said_status;        /* for the world: a hash of what its status file says */
    unsigned said_again;         /* the same: how often it said that again */
    unsigned said_fresh;         /* for the world: of which certificates it said so, as bits */
    unsigned complained;         /* the same: of which it said that something is wrong */
    /* While it sleeps. */
    int64_t wake_at;
    bool (*is_ready)(const struct process *process);
    const struct file *waits_for; /* for is_ready; so are the others: its stack may be elsewhere */
    pid_t waits_for_child;
    struct pollfd polled[POLLED];
    size_t polled_count;
    unsigned long calls; /* how many system calls it made */
    unsigned wake_ups;
};

struct kernel {
    int64_t now;        /* nanoseconds since the history began */
    int64_t booted_at;  /* CLOCK_BOOTTIME is now - booted_at */
    int64_t wall_clock; /* CLOCK_REALTIME is now + wall_clock */
    unsigned boots;
    unsigned long calls;
    struct dice dice;             /* for the kernel itself: order of processes, durations */
    struct dice randomness;       /* what getrandom(2) returns */
    unsigned switch_once_in;      /* calls of one process */
    unsigned slowness;            /* of calls */
    void (*after_mutation)(void); /* checks what must hold at every instant */
    unsigned slots;               /* of processes, that were used */
    struct process processes[PROCESSES];
};

extern struct kernel kernel;
/* The process whose code runs; NULL: none of them. */
extern struct process *current;

void kernel_reset(uint64_t seed);

/* --- processes --- */

/* Starts a process which runs `entry`, and exits when that returns. */
struct process *process_new(const char *name, unsigned user, void (*entry)(void *context),
                            void *context);
/* A copy of the running process. Returns true in the child. */
bool process_fork_current(struct process **child);
struct process *process_find(pid_t pid);
/* Ends a process: closes its descriptors, tells its parent. `status` is for wait(2). */
void process_end(struct process *process, int status);
/* The running process ends. */
void process_exit(int status) __attribute__((noreturn));
/* From now on the world plays the running process, and its code never goes on. */
void process_hand_over(void (*act)(struct process *process), int64_t acts_at)
    __attribute__((noreturn));
void process_send_signal(struct process *process, int number);
/* Sends a signal to all processes of that name. */
void processes_signal(const char *name, int number);
/* How often processes of that name woke up. */
unsigned processes_wake_ups(const char *name);
/* Frees all processes: the power is off. Nobody may be running. */
void processes_cut(void);
void processes_reset(void);
/* Process 1 reaps the zombies that have no other parent. */
void processes_reap(void);

/* --- turns --- */

/* Every simulated system call begins with this: time passes, and others may run. */
void call_begin(enum call call);
/* The running process sleeps until `is_ready` or that time. Returns false when time was up. */
bool process_sleep(int64_t wake_at, bool (*is_ready)(const struct process *process),
                   const struct file *waits_for);
/* Lets processes run until that time, or until `stop` returns true. */
void kernel_run_until(int64_t time, bool (*stop)(void));
/* True while a process of that name is there. */
bool process_exists(const char *name);

/* Called before each system call of a process. May kill it, or cut the power. Returns true when
 * the process must not go on. */
typedef bool (*kernel_interruption)(struct process *process, enum call call);
void kernel_on_call(kernel_interruption interruption);

const char *call_name(enum call call);

#endif

#include "simulation/actors.h"

#include "command/command.h"
#include "simulation/aws.h"
#include "simulation/box.h"
#include "simulation/calls.h"
#include "simulation/checks.h"
#include "simulation/history.h"
#include "simulation/hooks.h"
#include "simulation/interruptions.h"
#include "simulation/lines.h"
#include "simulation/people.h"

#include <linux/fs.h>
#include <string.h>

#define WALL_CLOCK (INT64_C(1800000000) * SECONDS) /* in 2027, after every build of today */

enum {
    RUN_DISK = 3,
    UNDONE = PLAN_EVENTS,
    LONGEST_BACK_OFF_S = 7 * 3600,
};

/* The end of an event that lasts. */
struct undo {
    int64_t at; /* 0: unused */
    struct event event;
};

static struct plan plan;
static struct undo undone[UNDONE];
static int64_t respawn_at; /* of the agent, by init; 0: it runs */
static bool respawn_is_new;
static bool healed;

/* --- the product's commands --- */

static void run_agent(void *context)
{
    const struct options options = {.config_path = BOX_CONFIG};
    (void)context;
    process_exit(command_run(&options));
}

static void run_recover(void *context)
{
    const struct options options = {.config_path = BOX_CONFIG};
    (void)context;
    process_exit(command_recover(&options));
}

static void run_once(void *context)
{
    const struct options options = {.config_path = BOX_CONFIG, .force = context != NULL};
    process_exit(command_once(&options));
}

static void check_once(struct process *process)
{
    for (unsigned i = 0; i < plan.certificates && process->status == 0; i++)
        if (process->fetched[i] != 0)
            check_fresh(process, i);
}

static void start_once(bool force)
{
    process_new(force ? "once --force" : "once", 0, run_once, force ? &plan : NULL)->at_end =
        check_once;
}

/* --- boot and power cut --- */

static void start_agent(void)
{
    respawn_at = 0;
    process_new("run", 0, run_agent, NULL);
}

/* The web server starts after recover. */
static void boot_goes_on(struct process *process)
{
    (void)process;
    hooks_boot();
    respawn_at = kernel.now + dice_between(&kernel.dice, 1, 3000) * MILLISECONDS;
    respawn_is_new = true;
}

static void boot(void)
{
    respawn_at = NEVER;
    process_new("recover", 0, run_recover, NULL)->at_end = boot_goes_on;
}

static void add_undo(const struct event *event, int64_t at)
{
    unsigned i = 0;
    while (i < UNDONE - 1 && undone[i].at != 0)
        i++;
    undone[i] = (struct undo){at, *event};
}

/* A file system is mounted some time after the boot. */
static void mount_late(unsigned disk)
{
    const struct event event = {.kind = EVENT_UNMOUNT, .which = disk - 1};
    box_set_mounted(disk, false);
    add_undo(&event, kernel.now + dice_between(&kernel.dice, 1, 20) * SECONDS);
}

static void cut_power(void)
{
    history_note("the power is cut");
    processes_cut();
    files_reset();
    disk_empty(&disks[RUN_DISK]);
    for (unsigned i = 0; i < RUN_DISK; i++)
        disk_cut(&disks[i], plan.cut_mode, &kernel.dice);
    kernel.now += 10 * SECONDS;
    kernel.booted_at = kernel.now;
    kernel.boots++;
    if (plan.clock_never_set)
        kernel.wall_clock = -kernel.now;
    box_mount();
    for (unsigned disk = 1; disk < RUN_DISK; disk++)
        if (!healed && dice_hit(&kernel.dice, 6))
            mount_late(disk);
    check_instant();
    boot();
}

/* --- events --- */

static void set_immutable(const struct event *event, bool immutable)
{
    char path[BOX_PATH];
    box_path(event->which, event->how % 2, path);
    struct inode *inode = box_inode(path);
    if (inode == NULL)
        return;
    struct attributes attributes = inode->now.attributes;
    attributes.flags = immutable ? FS_IMMUTABLE_FL : 0;
    inode_set_attributes(inode, attributes);
}

static void set_read_only(const struct event *event, bool read_only)
{
    struct mount *mount = mount_at(event->which % 2 == 0 ? "/data" : "/keys");
    if (mount != NULL)
        mount->read_only = read_only;
}

static void set_clock(int64_t wall_clock)
{
    kernel.wall_clock = wall_clock;
    files_clock_set();
}

static void signal_agent(int number)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        struct process *process = &kernel.processes[i];
        if (process->state != PROCESS_FREE && strcmp(process->name, "run") == 0)
            process_send_signal(process, number);
    }
}

static void begin_lasting(const struct event *event)
{
    add_undo(event, kernel.now + event->lasts);
    switch (event->kind) {
    case EVENT_OUTAGE:
        aws_set_mood((enum aws_mood)(1 + event->how));
        break;
    case EVENT_UNMOUNT:
        box_set_mounted(1 + event->which % 2, false);
        break;
    case EVENT_READ_ONLY:
        set_read_only(event, true);
        break;
    default:
        set_immutable(event, true);
        break;
    }
}

static void end_lasting(const struct event *event)
{
    switch (event->kind) {
    case EVENT_OUTAGE:
        aws_set_mood(AWS_WELL);
        break;
    case EVENT_UNMOUNT:
        box_set_mounted(1 + event->which % 2, true);
        break;
    case EVENT_READ_ONLY:
        set_read_only(event, false);
        break;
    default:
        set_immutable(event, false);
        break;
    }
}

static void begin_event(const struct event *event)
{
    switch (event->kind) {
    case EVENT_RENEW:
        aws_renew(event->which);
        break;
    case EVENT_ONCE:
        start_once(event->how == 0);
        break;
    case EVENT_RECOVER:
        process_new("recover", 0, run_recover, NULL);
        break;
    case EVENT_SECOND_RUN:
        process_new("run 2", 0, run_agent, NULL);
        break;
    case EVENT_EDIT:
        person_edits(event->which, event->how % 2);
        break;
    case EVENT_DROP:
        person_drops_configuration(event->how);
        break;
    case EVENT_LOCK:
        person_locks(event->which, event->lasts);
        break;
    case EVENT_SIGNAL:
        signal_agent((int)event->how);
        break;
    case EVENT_KILL:
    case EVENT_CUT:
        interruption_plan(event);
        break;
    case EVENT_FAULT:
        fault_add(&event->fault);
        break;
    case EVENT_CLOCK:
        set_clock(kernel.wall_clock + event->amount * SECONDS);
        break;
    case EVENT_NONE:
    case EVENT_KINDS:
        break;
    default:
        begin_lasting(event);
        break;
    }
}

static void clear_flags(struct inode *inode, struct dice *dice)
{
    (void)dice;
    inode->now.attributes.flags = 0;
    inode->durable.attributes.flags = 0;
}

/* From now on nothing goes wrong, and nobody acts. */
static void heal(void)
{
    history_note("nothing goes wrong any more");
    healed = true;
    memset(undone, 0, sizeof undone);
    faults_clear();
    interruptions_clear();
    aws_heal();
    hooks_heal();
    for (unsigned disk = 1; disk < RUN_DISK; disk++) {
        box_set_mounted(disk, true);
        mount_at(disk == 1 ? "/data" : "/keys")->read_only = false;
        disk_each_inode(&disks[disk], clear_flags, NULL);
    }
    set_clock(WALL_CLOCK);
    person_drops_configuration(0);
}

/* --- a history --- */

static bool must_stop(void)
{
    return check_failure() != NULL || interruption_cuts() || respawn_is_new ||
           (respawn_at == 0 && !process_exists("run"));
}

static int64_t next_undo(void)
{
    int64_t next = NEVER;
    for (unsigned i = 0; i < UNDONE; i++)
        if (undone[i].at != 0 && undone[i].at < next)
            next = undone[i].at;
    return next;
}

static void undo_due(void)
{
    for (unsigned i = 0; i < UNDONE; i++) {
        if (undone[i].at == 0 || undone[i].at > kernel.now)
            continue;
        undone[i].at = 0;
        end_lasting(&undone[i].event);
    }
}

/* Lets time pass until `until`, and does what is due meanwhile. */
static void pass_time(int64_t until)
{
    while (check_failure() == NULL && kernel.now < until) {
        int64_t next = next_undo() < until ? next_undo() : until;
        if (respawn_at != 0 && respawn_at < next)
            next = respawn_at;
        kernel_run_until(next, must_stop);
        if (kernel.calls > MOST_CALLS)
            check_failed("the processes never come to rest");
        if (interruption_cuts()) {
            interruption_cut_done();
            cut_power();
        }
        undo_due();
        respawn_is_new = false;
        if (respawn_at == 0 && !process_exists("run"))
            respawn_at = kernel.now + dice_between(&kernel.dice, 1, 5000) * MILLISECONDS;
        if (respawn_at != 0 && respawn_at <= kernel.now)
            start_agent();
    }
}

static void make_world(void)
{
    kernel_reset(plan.seed);
    kernel.switch_once_in = plan.switch_once_in;
    kernel.after_mutation = check_instant;
    kernel.wall_clock = plan.clock_never_set ? 0 : WALL_CLOCK;
    memset(undone, 0, sizeof undone);
    healed = false;
    faults_clear();
    interruptions_clear();
    checks_reset(&plan);
    lines_reset(&plan);
    aws_reset(&plan);
    hooks_reset(&plan);
    box_make(&plan);
    people_reset(&plan);
    boot();
}

static const struct event *next_event(int64_t after, unsigned *place)
{
    const struct event *next = NULL;
    for (unsigned i = 0; i < plan.event_count; i++) {
        const struct event *event = &plan.events[i];
        bool later = event->at > after || (event->at == after && i > *place);
        if (event->kind != EVENT_NONE && later && (next == NULL || event->at < next->at))
            next = event;
    }
    if (next != NULL)
        *place = (unsigned)(next - plan.events);
    return next;
}

/* A day on which nothing changes: nothing is written, and the agent hardly wakes up. */
static void pass_idle_day(void)
{
    uint64_t mutations = disks[1].mutations + disks[2].mutations;
    pass_time(kernel.now + 24 * 3600 * SECONDS);
    if (disks[1].mutations + disks[2].mutations != mutations)
        check_failed("files were written although nothing had changed");
}

const char *history_play(const struct plan *of)
{
    unsigned place = UINT32_MAX;
    int64_t after = -1;
    plan = *of;
    make_world();
    for (const struct event *event = next_event(after, &place); event != NULL;
         event = next_event(after, &place)) {
        pass_time(event->at);
        after = event->at;
        if (check_failure() != NULL)
            return check_failure();
        begin_event(event);
    }
    pass_time(plan.chaos_ends);
    heal();
    pass_time(kernel.now + (plan.interval_hours * 3600 + LONGEST_BACK_OFF_S) * SECONDS);
    if (check_failure() == NULL)
        check_end();
    if (check_failure() == NULL)
        pass_idle_day();
    return check_failure();
}

struct played history_played(void)
{
    return (struct played){kernel.calls, faults_hit(), kernel.now};
}

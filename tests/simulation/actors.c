#include "simulation/actors.h"

#include "simulation/aws.h"
#include "simulation/box.h"
#include "simulation/checks.h"
#include "simulation/commands.h"
#include "simulation/events.h"
#include "simulation/history.h"
#include "simulation/hooks.h"
#include "simulation/interruptions.h"
#include "simulation/lines.h"
#include "simulation/people.h"

#include <signal.h>
#include <string.h>

#define WALL_CLOCK (INT64_C(1800000000) * SECONDS) /* in 2027, after every build of today */

enum {
    RUN_DISK = 3,
    LONGEST_BACK_OFF_S = 7 * 3600,
    WAKE_UPS_A_PIECE = 2,
    OTHER_WAKE_UPS = 4,
    MUTATIONS_A_PIECE = 10, /* some for each time that the status file is replaced */
};

static struct plan plan;
static int64_t respawn_at; /* of the agent, by init; 0: it runs */
static int64_t respawn_delay;
static int64_t started_at;
static bool respawn_is_new;
static bool healed;

/* --- boot and power cut --- */

static void start_agent(void)
{
    respawn_at = 0;
    started_at = kernel.now;
    checks_new_agent();
    actor_start(ACTOR_RUN, false);
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
    box_make_run_directory();
    actor_start(ACTOR_RECOVER, false)->at_end = boot_goes_on;
}

/* A file system is mounted some time after the boot. */
static void mount_late(unsigned disk)
{
    const struct event event = {.kind = EVENT_UNMOUNT,
                                .which = disk - 1,
                                .lasts = dice_between(&kernel.dice, 1, 20) * SECONDS};
    event_begin(&event);
}

static void cut_power(void)
{
    history_note("the power is cut");
    processes_cut();
    aws_cut();
    hooks_cut();
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
        if (!healed && event_may_unmount(disk) && dice_hit(&kernel.dice, 6))
            mount_late(disk);
    check_instant();
    boot();
}

/* --- the end of trouble --- */

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
    events_clear();
    faults_clear();
    interruptions_clear();
    aws_heal();
    hooks_heal();
    for (unsigned disk = 1; disk < RUN_DISK; disk++) {
        box_set_mounted(disk, true);
        mount_at(disk == 1 ? "/data" : "/keys")->read_only = false;
        disk_each_inode(&disks[disk], clear_flags, NULL);
    }
    event_set_clock(WALL_CLOCK);
    people_leave();
    processes_signal("run 2", SIGKILL); /* init's own agent is the one that stays */
    person_drops_configuration(0);
}

/* --- a history --- */

static bool must_stop(void)
{
    check_lasting(!faults_allow_to_go_back() || events_next_end() != NEVER || respawn_at != 0 ||
                  process_exists("locker"));
    return check_failure() != NULL || interruption_cuts() || respawn_is_new ||
           (respawn_at == 0 && !process_exists("run"));
}

/* Init starts the agent again, and waits longer each time when that does not last. */
static void respawn(void)
{
    bool lasted = kernel.now - started_at > 60 * SECONDS;
    respawn_delay = lasted || respawn_delay == 0 ? SECONDS : respawn_delay * 2;
    respawn_delay = respawn_delay < 600 * SECONDS ? respawn_delay : 600 * SECONDS;
    respawn_at = kernel.now + dice_between(&kernel.dice, 1, respawn_delay);
}

/* Lets time pass until `until`, and does what is due meanwhile. */
static void pass_time(int64_t until)
{
    while (check_failure() == NULL && kernel.now < until) {
        int64_t next = events_next_end() < until ? events_next_end() : until;
        if (respawn_at != 0 && respawn_at < next)
            next = respawn_at;
        kernel_run_until(next, must_stop);
        if (kernel.calls > MOST_CALLS)
            check_failed("the processes never come to rest");
        if (interruption_cuts()) {
            interruption_cut_done();
            cut_power();
        }
        events_end_due();
        respawn_is_new = false;
        if (respawn_at == 0 && !process_exists("run"))
            respawn();
        if (respawn_at != 0 && respawn_at <= kernel.now)
            start_agent();
    }
}

static void make_world(void)
{
    kernel_reset(plan.seed);
    kernel.switch_once_in = plan.switch_once_in;
    kernel.slowness = plan.slowness;
    kernel.after_mutation = check_instant;
    kernel.wall_clock = plan.clock_never_set ? 0 : WALL_CLOCK;
    events_clear();
    commands_reset(&plan);
    healed = false;
    respawn_delay = 0;
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

/* A day on which nothing changes: nothing is written, and the agent wakes up for its work only:
 * when a worker is due, has said something, or ended. */
static void pass_idle_day(void)
{
    uint64_t mutations = disks[1].mutations + disks[2].mutations;
    uint64_t status_mutations = disks[RUN_DISK].mutations;
    unsigned wake_ups = processes_wake_ups("run");
    unsigned work = aws_work();
    pass_time(kernel.now + 24 * 3600 * SECONDS);
    work = aws_work() - work;
    wake_ups = processes_wake_ups("run") - wake_ups;
    status_mutations = disks[RUN_DISK].mutations - status_mutations;
    if (disks[1].mutations + disks[2].mutations != mutations)
        check_failed("files were written although nothing had changed");
    if (wake_ups > work * WAKE_UPS_A_PIECE + OTHER_WAKE_UPS)
        check_failed("the agent wakes up for nothing: %u times for %u pieces of work", wake_ups,
                     work);
    if (status_mutations > work * MUTATIONS_A_PIECE)
        check_failed("the status is written for nothing: %u changes for %u pieces of work",
                     (unsigned)status_mutations, work);
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
        event_begin(event);
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

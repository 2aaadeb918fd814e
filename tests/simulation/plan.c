#include "simulation/plan.h"

#include <errno.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { FEW = 3, SERVICE_USER = 800, WATCHED_CALLS = 400, WATCHED_MOVES = 24 };

static const char *const kind_names[EVENT_KINDS] = {
    "nothing", "renew", "outage", "once",    "recover",   "second run", "edit",  "drop", "signal",
    "kill",    "cut",   "fault",  "unmount", "read-only", "immutable",  "clock", "lock",
};

static void plan_layout(struct plan *plan, struct dice *dice)
{
    plan->certificates = dice_hit(dice, 24) ? CERTIFICATES : 1 + dice_roll(dice, FEW);
    for (unsigned i = 0; i < plan->certificates; i++)
        plan->layouts[i] = (struct layout){
            .key_elsewhere = dice_hit(dice, 2),
            .chain = dice_hit(dice, 3),
            .combined = dice_hit(dice, 4),
            .hook = dice_roll(dice, 3),
            .served = dice_hit(dice, 4),
        };
    plan->user = dice_hit(dice, 4) ? SERVICE_USER : 0;
    plan->one_role = dice_hit(dice, 2);
    plan->interval_hours = 6u << dice_roll(dice, 3);
    plan->no_exchange = dice_hit(dice, 3);
    plan->no_hard_links = dice_hit(dice, 4);
    plan->sync_names = dice_hit(dice, 2);
    plan->cut_mode = (enum cut_mode)dice_roll(dice, CUT_MODES);
    plan->clock_never_set = dice_hit(dice, 16);
    plan->switch_once_in = 1u << dice_roll(dice, 8);
    plan->slowness = dice_hit(dice, 2) ? 1 : dice_hit(dice, 2) ? 50 : 500;
    plan->bad_fetch_once_in = dice_hit(dice, 2) ? 0 : 2 + dice_roll(dice, 4);
    plan->bad_hook_once_in = dice_hit(dice, 2) ? 0 : 2 + dice_roll(dice, 4);
}

static struct fault random_fault(struct dice *dice)
{
    static const enum call calls[] = {
        CALL_rename, CALL_rename, CALL_exchange, CALL_fsync, CALL_fsync, CALL_write, CALL_create,
        CALL_open,   CALL_unlink, CALL_flock,    CALL_link,  CALL_chown, CALL_chmod, CALL_stat,
        CALL_read,   CALL_fork,   CALL_pipe,     CALL_list,  CALL_exec,  CALL_mkdir, CALL_xattr,
        CALL_statfs, CALL_access, CALL_fcntl,    CALL_poll};
    static const int numbers[] = {EIO, ENOSPC, EROFS, EPERM, EACCES, ENOMEM};
    if (dice_hit(dice, 4)) /* a set stays between two versions */
        return (struct fault){.call = dice_hit(dice, 2) ? CALL_rename : CALL_exchange,
                              .number = numbers[dice_roll(dice, 6)],
                              .disk = 2,
                              .after = dice_roll(dice, 6),
                              .times = UINT32_MAX};
    struct fault fault = {.call = calls[dice_roll(dice, sizeof calls / sizeof calls[0])],
                          .number = numbers[dice_roll(dice, 6)],
                          .disk = dice_hit(dice, 3) ? -1 : 1 + (int)dice_roll(dice, 2),
                          .after = dice_roll(dice, 12),
                          .times = dice_hit(dice, 3) ? UINT32_MAX : 1 + dice_roll(dice, 3)};
    if (fault.call == CALL_flock || fault.call == CALL_poll ||
        (fault.call == CALL_read && dice_hit(dice, 2)))
        fault.number = EINTR;
    if (fault.number == EINTR) /* a signal interrupts a call, not every one */
        fault.times = 1 + dice_roll(dice, 3);
    return fault;
}

static int64_t random_length(struct dice *dice)
{
    return dice_hit(dice, 2) ? dice_between(dice, 1, 30) * SECONDS
                             : dice_between(dice, 1, 3000) * SECONDS;
}

static struct event random_event(struct dice *dice, const struct plan *plan)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGUSR1, SIGINT};
    struct event event = {
        .kind = (enum event_kind)(1 + dice_roll(dice, EVENT_KINDS - 1)),
        .at = dice_between(dice, 0, plan->chaos_ends),
        .lasts = random_length(dice),
        .amount = dice_between(dice, -4000, 400000),
        .which = dice_roll(dice, plan->certificates),
        .how = dice_roll(dice, 4),
        .after = dice_roll(dice, WATCHED_CALLS),
    };
    if (dice_hit(dice, 3)) /* when the agent starts, most happens */
        event.at = dice_between(dice, 0, 15 * SECONDS);
    if (event.kind == EVENT_LOCK && !dice_hit(dice, 16)) /* while one is held, much is tried */
        event.lasts = dice_between(dice, 1, 30) * SECONDS;
    if ((event.kind == EVENT_CUT || event.kind == EVENT_KILL) && dice_hit(dice, 2)) {
        event.at_moves = true;
        event.after = dice_roll(dice, WATCHED_MOVES);
    }
    if (event.kind == EVENT_SIGNAL)
        event.how = (unsigned)signals[event.how];
    if (event.kind == EVENT_FAULT)
        event.fault = random_fault(dice);
    return event;
}

/* AWS has renewed, and all ask for it at the same time. */
static void plan_crowd(struct plan *plan, struct dice *dice)
{
    static const struct event crowd[] = {
        {.kind = EVENT_RENEW},
        {.kind = EVENT_SIGNAL, .how = SIGUSR1},
        {.kind = EVENT_ONCE, .how = 1},
        {.kind = EVENT_ONCE, .how = 1},
    };
    int64_t at = dice_between(dice, 8 * SECONDS, plan->chaos_ends);
    for (unsigned i = 0; i < sizeof crowd / sizeof crowd[0]; i++) {
        plan->events[plan->event_count] = crowd[i];
        plan->events[plan->event_count++].at = at + dice_roll(dice, 300) * MILLISECONDS;
    }
}

void plan_make(uint64_t seed, struct plan *plan)
{
    struct dice dice = {seed * 0x2545f4914f6cdd1du + 1};
    memset(plan, 0, sizeof *plan);
    plan->seed = seed;
    plan_layout(plan, &dice);
    plan->chaos_ends =
        dice_hit(&dice, 2) ? 90 * SECONDS : dice_between(&dice, 1, 15) * 3600 * SECONDS;
    plan->event_count = 1 + dice_roll(&dice, 14);
    for (unsigned i = 0; i < plan->event_count; i++) {
        plan->events[i] = random_event(&dice, plan);
        if (i > 0 && dice_hit(&dice, 4)) /* at the same time */
            plan->events[i].at = plan->events[i - 1].at + dice_roll(&dice, 2000) * MILLISECONDS;
    }
    if (dice_hit(&dice, 8))
        plan_crowd(plan, &dice);
}

void plan_print(const struct plan *plan)
{
    printf("seed %llu: %u certificates, %s%s, every %u h, %s%s%s, a power cut keeps %s\n",
           (unsigned long long)plan->seed, plan->certificates, plan->user == 0 ? "" : "not root, ",
           plan->one_role ? "one role" : "a role each", plan->interval_hours,
           plan->no_exchange ? "no exchange, " : "", plan->no_hard_links ? "no hard links, " : "",
           plan->clock_never_set ? "clock in 1970" : "clock set",
           plan->cut_mode == CUT_IN_ORDER       ? "the first changes"
           : plan->cut_mode == CUT_BY_DIRECTORY ? "the first changes of each directory"
                                                : "any changes");
    for (unsigned i = 0; i < plan->event_count; i++) {
        const struct event *event = &plan->events[i];
        if (event->kind == EVENT_NONE)
            continue;
        printf("    at %lld ms: %s, which %u, how %u, after %u, lasts %lld ms",
               (long long)(event->at / MILLISECONDS), kind_names[event->kind], event->which,
               event->how, event->after, (long long)(event->lasts / MILLISECONDS));
        if (event->kind == EVENT_FAULT)
            printf(", %s: %s, disk %d, after %u, %u times", call_name(event->fault.call),
                   strerror(event->fault.number), event->fault.disk, event->fault.after,
                   event->fault.times);
        putchar('\n');
    }
}

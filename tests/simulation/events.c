#include "simulation/events.h"

#include "simulation/aws.h"
#include "simulation/box.h"
#include "simulation/commands.h"
#include "simulation/interruptions.h"
#include "simulation/people.h"

#include <linux/fs.h>
#include <string.h>

enum { UNDONE = PLAN_EVENTS };

/* The end of an event that lasts. */
struct undo {
    int64_t at; /* 0: unused */
    struct event event;
};

static struct undo undone[UNDONE];

void events_clear(void)
{
    memset(undone, 0, sizeof undone);
}

static void add_undo(const struct event *event, int64_t at)
{
    unsigned i = 0;
    while (i < UNDONE - 1 && undone[i].at != 0)
        i++;
    undone[i] = (struct undo){at, *event};
}

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

void event_set_clock(int64_t wall_clock)
{
    kernel.wall_clock = wall_clock;
    files_clock_set();
}

static bool all_is_mounted(void)
{
    return mount_at("/data") != NULL && mount_at("/keys") != NULL;
}

bool event_may_unmount(unsigned disk)
{
    return all_is_mounted() && box_knows_mounts(disk) && !process_exists("once --force");
}

static void begin_lasting(const struct event *event)
{
    add_undo(event, kernel.now + event->lasts);
    switch (event->kind) {
    case EVENT_OUTAGE:
        aws_set_mood((enum aws_mood)(1 + event->how));
        break;
    case EVENT_UNMOUNT:
        if (event_may_unmount(1 + event->which % 2))
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

void event_begin(const struct event *event)
{
    switch (event->kind) {
    case EVENT_RENEW:
        aws_renew(event->which);
        break;
    case EVENT_ONCE:
        actor_start(event->how == 0 && all_is_mounted() ? ACTOR_ONCE_FORCE : ACTOR_ONCE,
                    event->how != 1);
        break;
    case EVENT_RECOVER:
        actor_start(ACTOR_RECOVER, event->how % 2 == 0);
        break;
    case EVENT_SECOND_RUN:
        actor_start(ACTOR_SECOND_RUN, event->how == 0);
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
        processes_signal("run", (int)event->how);
        break;
    case EVENT_KILL:
    case EVENT_CUT:
        interruption_plan(event);
        break;
    case EVENT_FAULT:
        fault_add(&event->fault);
        break;
    case EVENT_CLOCK:
        event_set_clock(kernel.wall_clock + event->amount * SECONDS);
        break;
    case EVENT_NONE:
    case EVENT_KINDS:
        break;
    default:
        begin_lasting(event);
        break;
    }
}

int64_t events_next_end(void)
{
    int64_t next = NEVER;
    for (unsigned i = 0; i < UNDONE; i++)
        if (undone[i].at != 0 && undone[i].at < next)
            next = undone[i].at;
    return next;
}

void events_end_due(void)
{
    for (unsigned i = 0; i < UNDONE; i++) {
        if (undone[i].at == 0 || undone[i].at > kernel.now)
            continue;
        undone[i].at = 0;
        end_lasting(&undone[i].event);
    }
}

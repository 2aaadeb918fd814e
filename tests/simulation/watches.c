#include "simulation/watches.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>

enum { WATCHES = 128 };

static struct watch_entry {
    struct file *file; /* NULL: unused */
    struct inode *inode;
    uint32_t mask;
    int number;
} watches[WATCHES];
static unsigned watches_used;

void watches_reset(void)
{
    memset(watches, 0, sizeof watches);
    watches_used = 0;
}

int watch_add(struct file *file, struct inode *inode, uint32_t mask)
{
    int last = 0;
    unsigned free_slot = WATCHES;
    for (unsigned i = WATCHES; i-- > 0;) {
        struct watch_entry *entry = &watches[i];
        if (entry->file == NULL) {
            free_slot = i;
            continue;
        }
        if (entry->file == file && entry->inode == inode) {
            entry->mask = (mask & IN_MASK_ADD) != 0 ? entry->mask | mask : mask;
            return entry->number;
        }
        if (entry->file == file && entry->number > last)
            last = entry->number;
    }
    if (free_slot == WATCHES)
        return -ENOSPC;
    inode_hold(inode);
    watches[free_slot] = (struct watch_entry){file, inode, mask, last + 1};
    watches_used = free_slot + 1 > watches_used ? free_slot + 1 : watches_used;
    return last + 1;
}

static void append_event(struct file *file, const struct inotify_event *event, const char *name)
{
    size_t size = sizeof *event + event->len;
    if (file->text_length + size > sizeof file->text)
        return; /* the queue overflows: none of today's events is that many */
    memcpy(file->text + file->text_length, event, sizeof *event);
    memset(file->text + file->text_length + sizeof *event, 0, event->len);
    if (name != NULL)
        memcpy(file->text + file->text_length + sizeof *event, name, strlen(name));
    file->text_length += size;
}

void watches_tell(const struct inode *directory, uint32_t event, const char *name)
{
    for (unsigned i = 0; i < watches_used; i++) {
        const struct watch_entry *entry = &watches[i];
        if (entry->file == NULL || entry->inode != directory || (entry->mask & event) == 0)
            continue;
        struct inotify_event text = {.wd = entry->number, .mask = event};
        text.len = name == NULL ? 0 : (uint32_t)((strlen(name) + 16) & ~(size_t)15);
        append_event(entry->file, &text, name);
    }
}

void watches_close(const struct file *file)
{
    for (unsigned i = 0; i < watches_used; i++)
        if (watches[i].file == file) {
            watches[i].file = NULL;
            inode_release(watches[i].inode);
        }
}

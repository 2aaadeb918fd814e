/* A power cut: which changes survive, and what is in files that were not synced. */
#include "simulation/disk.h"

#include <string.h>

/* Of each directory, a power cut may stop the changes at another place. */
static bool survives_in_order(const struct change *change, struct inode *const *stopped,
                              unsigned stopped_count)
{
    for (unsigned i = 0; i < change->count; i++)
        for (unsigned j = 0; j < stopped_count; j++)
            if (stopped[j] == change->namings[i].directory)
                return false;
    return true;
}

/* Applies the changes that survive to the durable directories, in their order. */
static void keep_some_changes(struct disk *disk, enum cut_mode mode, struct dice *dice)
{
    struct inode *stopped[DISK_CHANGES];
    unsigned stopped_count = 0;
    unsigned in_order = dice_roll(dice, disk->pending_count + 1);
    for (unsigned i = 0; i < disk->pending_count; i++) {
        const struct change *change = &disk->pending[i];
        bool survives = mode == CUT_IN_ORDER ? i < in_order : dice_hit(dice, 2);
        if (mode == CUT_BY_DIRECTORY)
            survives = survives && survives_in_order(change, stopped, stopped_count);
        for (unsigned n = 0; n < change->count && survives; n++)
            naming_apply(&change->namings[n].directory->durable, &change->namings[n]);
        if (!survives)
            stopped[stopped_count++] = change->namings[0].directory;
    }
}

static void release_changes(struct disk *disk)
{
    for (unsigned i = 0; i < disk->pending_count; i++) {
        const struct change *change = &disk->pending[i];
        for (unsigned n = 0; n < change->count; n++) {
            if (change->namings[n].inode != NULL)
                inode_release(change->namings[n].inode);
            inode_release(change->namings[n].directory);
        }
    }
    disk->pending_count = 0;
}

/* The contents of a file that was not synced: the old ones, the new ones, new ones of which only a
 * part was written, or zeros. */
static void damage(struct inode *inode, struct dice *dice)
{
    struct bytes *bytes = &inode->now.bytes;
    switch (inode->lost ? 0 : dice_roll(dice, 5)) {
    case 0:
    case 1:
        return;
    case 2:
        break;
    case 3:
        bytes->length = dice_roll(dice, (unsigned)bytes->length + 1);
        break;
    default:
        if (bytes->length > 0) {
            size_t whole = dice_roll(dice, (unsigned)bytes->length);
            memset(bytes->data + whole, 0, bytes->length - whole);
        }
        break;
    }
    version_copy_contents(&inode->durable, &inode->now);
}

static void recover_contents(struct inode *inode, struct dice *dice)
{
    if (inode->dirty && inode->kind == INODE_FILE)
        damage(inode, dice);
    else if (inode->attributes_differ && dice_hit(dice, 2))
        inode->durable.attributes = inode->now.attributes;
}

static void show_what_survived(struct inode *inode, struct dice *dice)
{
    (void)dice;
    version_copy_contents(&inode->now, &inode->durable);
    version_copy_entries(&inode->now, &inode->durable);
    inode->dirty = false;
    inode->attributes_differ = false;
    inode->lost = false;
    inode->links = 0;
}

static void count_links(struct inode *inode, struct dice *dice)
{
    (void)dice;
    for (unsigned i = 0; i < inode->now.entries.count; i++) {
        struct inode *named = inode->now.entries.items[i].inode;
        named->links++;
        if (named->kind == INODE_DIRECTORY)
            named->parent = inode;
    }
}

void disk_cut(struct disk *disk, enum cut_mode mode, struct dice *dice)
{
    keep_some_changes(disk, mode, dice);
    disk_each_inode(disk, recover_contents, dice);
    disk_each_inode(disk, show_what_survived, dice);
    release_changes(disk);
    disk_each_inode(disk, count_links, dice);
}

void disk_empty(struct disk *disk)
{
    const struct version empty = {.attributes = disk->root->now.attributes};
    release_changes(disk);
    version_copy_entries(&disk->root->now, &empty);
    version_copy_entries(&disk->root->durable, &empty);
}

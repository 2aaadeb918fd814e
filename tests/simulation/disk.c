#include "simulation/disk.h"

#include "simulation/own_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INODES = 2048, NAMES = 4096, NAME_BYTES = 256 * 1024 };

struct disk disks[DISKS];

static struct inode inodes[INODES];
static unsigned inodes_used; /* those above were never used in this history */
static unsigned free_inodes[INODES];
static unsigned free_count;

/* The names of one history: a table with open addressing, and their texts. */
static const char *names[NAMES];
static unsigned name_slots[NAMES];
static unsigned name_count;
static char name_texts[NAME_BYTES];
static size_t name_bytes;

static void fail(const char *why)
{
    fprintf(stderr, "the simulated disk %s\n", why);
    abort();
}

const char *disk_name(const char *text, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    unsigned slot = hash % NAMES;
    for (; names[slot] != NULL; slot = (slot + 1) % NAMES)
        if (strncmp(names[slot], text, length) == 0 && names[slot][length] == '\0')
            return names[slot];
    if (name_count >= NAMES / 2 || name_bytes + length + 1 > sizeof name_texts)
        fail("has too many names");
    char *copy = name_texts + name_bytes;
    memcpy(copy, text, length);
    copy[length] = '\0';
    name_bytes += length + 1;
    name_slots[name_count++] = slot;
    return names[slot] = copy;
}

static void version_clear(struct version *version)
{
    version->attributes = (struct attributes){0};
    version->bytes.length = 0;
    version->entries.count = 0;
}

void disks_reset(void)
{
    for (unsigned i = 0; i < name_count; i++)
        names[name_slots[i]] = NULL;
    name_count = 0;
    name_bytes = 0;
    for (unsigned i = 0; i < inodes_used; i++)
        inodes[i].kind = INODE_FREE;
    inodes_used = 0;
    free_count = 0;
    for (unsigned i = 0; i < DISKS; i++) {
        struct disk *disk = &disks[i];
        *disk = (struct disk){.index = i};
        disk->root = inode_new(disk, INODE_DIRECTORY, (struct attributes){.mode = 0755});
        disk->root->parent = disk->root;
        inode_hold(disk->root);
        inode_sync(disk->root);
    }
}

struct inode *inode_new(struct disk *disk, enum inode_kind kind, struct attributes attributes)
{
    if (free_count == 0 && inodes_used == INODES)
        fail("has no inode left");
    unsigned index = free_count > 0 ? free_inodes[--free_count] : inodes_used++;
    struct inode *inode = &inodes[index];
    version_clear(&inode->now);
    version_clear(&inode->durable);
    *inode = (struct inode){.number = index + 2,
                            .kind = kind,
                            .disk = disk,
                            .dirty = true,
                            .now = inode->now,
                            .durable = inode->durable};
    inode->now.attributes = attributes;
    inode->durable.attributes = attributes;
    return inode;
}

void inode_hold(struct inode *inode)
{
    inode->references++;
}

static void entries_release(struct entries *entries)
{
    unsigned count = entries->count;
    entries->count = 0;
    for (unsigned i = 0; i < count; i++)
        inode_release(entries->items[i].inode);
}

void inode_release(struct inode *inode)
{
    if (--inode->references > 0)
        return;
    entries_release(&inode->now.entries);
    entries_release(&inode->durable.entries);
    inode->kind = INODE_FREE;
    free_inodes[free_count++] = (unsigned)(inode - inodes);
}

struct inode *inode_find(const struct inode *directory, const char *name)
{
    const struct entries *entries = &directory->now.entries;
    for (unsigned i = 0; i < entries->count; i++)
        if (entries->items[i].name == name)
            return entries->items[i].inode;
    return NULL;
}

static void bytes_reserve(struct bytes *bytes, size_t length)
{
    if (length <= bytes->capacity)
        return;
    bytes->capacity = length * 2;
    bytes->data = __real_realloc(bytes->data, bytes->capacity);
}

static void touch(struct inode *inode)
{
    inode->dirty = true;
    inode->lost = false;
    inode->disk->mutations++;
}

void inode_write(struct inode *inode, size_t offset, const void *data, size_t length)
{
    struct bytes *bytes = &inode->now.bytes;
    if (length == 0)
        return;
    if (offset > bytes->length)
        inode_truncate(inode, offset);
    bytes_reserve(bytes, offset + length);
    memcpy(bytes->data + offset, data, length);
    if (offset + length > bytes->length)
        bytes->length = offset + length;
    touch(inode);
}

void inode_truncate(struct inode *inode, size_t length)
{
    struct bytes *bytes = &inode->now.bytes;
    bytes_reserve(bytes, length);
    if (length > bytes->length)
        memset(bytes->data + bytes->length, 0, length - bytes->length);
    bytes->length = length;
    touch(inode);
}

void inode_set_attributes(struct inode *inode, struct attributes attributes)
{
    inode->now.attributes = attributes;
    inode->attributes_differ = true;
    inode->disk->mutations++;
}

/* --- directories --- */

static void entries_add(struct entries *entries, struct entry entry)
{
    if (entries->count == entries->capacity) {
        entries->capacity = entries->capacity * 2 + 8;
        entries->items = __real_realloc(entries->items, entries->capacity * sizeof *entries->items);
    }
    entries->items[entries->count++] = entry;
}

void naming_apply(struct version *version, const struct naming *naming)
{
    struct entries *entries = &version->entries;
    unsigned at = 0;
    while (at < entries->count && entries->items[at].name != naming->name)
        at++;
    if (naming->inode != NULL)
        inode_hold(naming->inode);
    if (at < entries->count) {
        struct inode *old = entries->items[at].inode;
        if (naming->inode != NULL)
            entries->items[at].inode = naming->inode;
        else
            entries->items[at] = entries->items[--entries->count];
        inode_release(old);
    } else if (naming->inode != NULL) {
        entries_add(entries, (struct entry){naming->name, naming->inode});
    }
}

static void apply_now(const struct naming *naming)
{
    struct inode *old = inode_find(naming->directory, naming->name);
    if (old != NULL)
        old->links--;
    if (naming->inode != NULL) {
        naming->inode->links++;
        if (naming->inode->kind == INODE_DIRECTORY)
            naming->inode->parent = naming->directory;
    }
    naming_apply(&naming->directory->now, naming);
}

static void hold_change(const struct change *change)
{
    for (unsigned i = 0; i < change->count; i++) {
        inode_hold(change->namings[i].directory);
        if (change->namings[i].inode != NULL)
            inode_hold(change->namings[i].inode);
    }
}

static void release_change(const struct change *change)
{
    for (unsigned i = 0; i < change->count; i++) {
        if (change->namings[i].inode != NULL)
            inode_release(change->namings[i].inode);
        inode_release(change->namings[i].directory);
    }
}

void disk_change(struct disk *disk, const struct change *change)
{
    if (disk->pending_count == DISK_CHANGES)
        disk_sync(disk);
    hold_change(change);
    disk->pending[disk->pending_count++] = *change;
    for (unsigned i = 0; i < change->count; i++)
        apply_now(&change->namings[i]);
    disk->mutations++;
}

/* --- syncing --- */

static bool change_is_in(const struct change *change, const struct inode *directory)
{
    for (unsigned i = 0; i < change->count; i++)
        if (change->namings[i].directory == directory)
            return true;
    return false;
}

static void make_durable(const struct change *change)
{
    for (unsigned i = 0; i < change->count; i++)
        naming_apply(&change->namings[i].directory->durable, &change->namings[i]);
    release_change(change);
}

/* Makes the first `count` pending changes durable, as far as they are in that directory. */
static void sync_changes(struct inode *directory, unsigned count)
{
    struct disk *disk = directory->disk;
    unsigned kept = 0;
    inode_hold(directory);
    for (unsigned i = 0; i < disk->pending_count; i++) {
        if (i < count && change_is_in(&disk->pending[i], directory))
            make_durable(&disk->pending[i]);
        else
            disk->pending[kept++] = disk->pending[i];
    }
    disk->pending_count = kept;
    inode_release(directory);
}

/* Makes the names of a file durable, with all that happened in their directory before. */
static void sync_names(const struct inode *inode)
{
    const struct disk *disk = inode->disk;
    for (unsigned i = disk->pending_count; i-- > 0;)
        for (unsigned n = 0; n < disk->pending[i].count; n++)
            if (disk->pending[i].namings[n].inode == inode) {
                sync_changes(disk->pending[i].namings[n].directory, i + 1);
                return;
            }
}

static void bytes_copy(struct bytes *to, const struct bytes *from)
{
    bytes_reserve(to, from->length);
    if (from->length > 0)
        memcpy(to->data, from->data, from->length);
    to->length = from->length;
}

void version_copy_contents(struct version *to, const struct version *from)
{
    bytes_copy(&to->bytes, &from->bytes);
    to->attributes = from->attributes;
}

static void sync_contents(struct inode *inode)
{
    inode->durable.attributes = inode->now.attributes;
    inode->attributes_differ = false;
    if (inode->lost || !inode->dirty)
        return;
    version_copy_contents(&inode->durable, &inode->now);
    inode->dirty = false;
}

void inode_sync(struct inode *inode)
{
    sync_contents(inode);
    if (inode->kind == INODE_DIRECTORY)
        sync_changes(inode, inode->disk->pending_count);
    else if (inode->disk->sync_names)
        sync_names(inode);
}

void inode_sync_failed(struct inode *inode)
{
    inode->lost = inode->dirty && inode->kind == INODE_FILE;
}

void version_copy_entries(struct version *to, const struct version *from)
{
    struct entries before = to->entries;
    to->entries = (struct entries){.items = NULL};
    for (unsigned i = 0; i < from->entries.count; i++) {
        entries_add(&to->entries, from->entries.items[i]);
        inode_hold(from->entries.items[i].inode);
    }
    entries_release(&before);
    __real_free(before.items);
}

static void sync_one(struct inode *inode, struct dice *dice)
{
    (void)dice;
    sync_contents(inode);
}

void disk_sync(struct disk *disk)
{
    for (unsigned i = 0; i < disk->pending_count; i++)
        make_durable(&disk->pending[i]);
    disk->pending_count = 0;
    disk_each_inode(disk, sync_one, NULL);
}

void disk_each_inode(struct disk *disk, void (*each)(struct inode *inode, struct dice *dice),
                     struct dice *dice)
{
    for (unsigned i = 0; i < inodes_used; i++)
        if (inodes[i].kind != INODE_FREE && inodes[i].disk == disk)
            each(&inodes[i], dice);
}

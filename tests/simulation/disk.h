/* Simulated disks: inodes, directories, and what of them a power cut may lose.
 *
 * Each inode has two states, the one that programs see and the durable one. Contents and attributes
 * become durable when the inode is synced. Changes of directories are kept in the order in which
 * they were made; syncing a directory makes its changes durable. */
#ifndef WCP_SIMULATION_DISK_H
#define WCP_SIMULATION_DISK_H

#include "simulation/dice.h"

#include <stddef.h>
#include <stdint.h>

enum { DISKS = 4, DISK_CHANGES = 1024 };

enum inode_kind { INODE_FREE, INODE_FILE, INODE_DIRECTORY, INODE_LINK, INODE_DEVICE };

struct bytes {
    unsigned char *data; /* kept when the inode is used again */
    size_t length;
    size_t capacity;
};

struct attributes {
    unsigned mode; /* permission bits */
    unsigned owner;
    unsigned group;
    unsigned flags; /* FS_IMMUTABLE_FL and others of FS_IOC_GETFLAGS */
};

struct entry {
    const char *name; /* of disk_name: equal names are the same pointer */
    struct inode *inode;
};

struct entries {
    struct entry *items; /* kept when the inode is used again */
    unsigned count;
    unsigned capacity;
};

/* One version of an inode. A link's text is its bytes; a directory has entries. */
struct version {
    struct attributes attributes;
    struct bytes bytes;
    struct entries entries;
};

struct inode {
    unsigned number;
    enum inode_kind kind;
    struct disk *disk;
    struct inode *parent; /* of a directory */
    unsigned links;       /* names in the version that programs see */
    unsigned references;  /* names in either version, pending changes, descriptors, mounts */
    struct version now;
    struct version durable;
    bool dirty; /* contents differ */
    bool attributes_differ;
    /* A sync failed. As in Linux, the next one succeeds without having written these contents. */
    bool lost;
    int64_t changed_at;
};

/* One name that is given or taken away. `inode` is NULL: taken away. */
struct naming {
    struct inode *directory;
    const char *name;
    struct inode *inode;
};

/* One atomic change of directories: two namings for a rename. */
struct change {
    struct naming namings[2];
    unsigned count;
};

/* What a power cut leaves of changes that were not synced. */
enum cut_mode {
    CUT_IN_ORDER,     /* the first ones of the disk, as a journalling file system */
    CUT_BY_DIRECTORY, /* of each directory the first ones */
    CUT_ANY,          /* any of them */
    CUT_MODES,
};

struct disk {
    unsigned index;
    struct inode *root;
    struct change pending[DISK_CHANGES];
    unsigned pending_count;
    bool sync_names;    /* syncing a new file makes its name durable, as ext4 does */
    bool no_exchange;   /* no RENAME_EXCHANGE */
    bool no_hard_links; /* as FAT */
    uint64_t mutations; /* how often it was changed */
};

extern struct disk disks[DISKS];

/* Empties all disks; each has a root directory then. */
void disks_reset(void);
/* Returns the one pointer for names of this text. */
const char *disk_name(const char *text, size_t length);

struct inode *inode_new(struct disk *disk, enum inode_kind kind, struct attributes attributes);
void inode_hold(struct inode *inode);
/* Frees the inode with its last reference. */
void inode_release(struct inode *inode);
/* Returns the inode of that name; NULL: there is none. */
struct inode *inode_find(const struct inode *directory, const char *name);

/* Writes at the offset, and fills a gap with zeros. */
void inode_write(struct inode *inode, size_t offset, const void *data, size_t length);
void inode_truncate(struct inode *inode, size_t length);
void inode_set_attributes(struct inode *inode, struct attributes attributes);
/* Makes contents and attributes durable; of a directory, its changes. */
void inode_sync(struct inode *inode);
/* The same failed: what was not durable may never be. */
void inode_sync_failed(struct inode *inode);

/* Makes a change of directories. */
void disk_change(struct disk *disk, const struct change *change);
/* Makes everything durable. */
void disk_sync(struct disk *disk);
/* Empties a disk in memory: the power is off. */
void disk_empty(struct disk *disk);
/* Cuts the power: what programs see becomes what survived. No descriptor is open any more. */
void disk_cut(struct disk *disk, enum cut_mode mode, struct dice *dice);

/* For disk_cut.c. The target keeps its memory. */
void version_copy_contents(struct version *to, const struct version *from);
void version_copy_entries(struct version *to, const struct version *from);
void naming_apply(struct version *version, const struct naming *naming);
/* Calls `each` for every inode of the disk. */
void disk_each_inode(struct disk *disk, void (*each)(struct inode *inode, struct dice *dice),
                     struct dice *dice);

#endif

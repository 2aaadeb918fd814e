/* The tree of mounted disks, and walking paths in it. */
#ifndef WCP_SIMULATION_MOUNTS_H
#define WCP_SIMULATION_MOUNTS_H

#include "simulation/disk.h"

enum { MOUNTS = 8 };

struct mount {
    bool used;
    unsigned number;
    struct mount *above;
    struct inode *point; /* in the mount above; NULL: the root */
    struct inode *root;
    bool read_only;
    char path[64];
};

/* A file, as programs reach it. */
struct place {
    struct mount *mount;
    struct inode *inode;
};

/* Where a path leads. */
struct walked {
    struct place directory; /* that holds the last name */
    const char *name;       /* the last name, of disk_name; NULL: the path ends in ".", "..", "/" */
    struct place found;     /* `inode` is NULL: there is no such file */
};

enum walk_flags {
    WALK_FOLLOW = 1,       /* a link that is the last component, too */
    WALK_NO_LINKS = 2,     /* ELOOP for any link */
    WALK_UNDER_MOUNTS = 4, /* the last component is not crossed: what a mount hides */
};

/* Mounts disk 0 as the root, and nothing else. */
void mounts_reset(void);
struct place mounts_root(void);
/* Mounts a directory or a file over the file at `path`. Returns NULL when there is none. */
struct mount *mount_add(const char *path, struct inode *root);
void mount_remove(struct mount *mount);
/* The mount whose point is `path`; NULL: there is none. */
struct mount *mount_at(const char *path);
struct mount *mounts_next(const struct mount *before);
/* Walks a path from `start`. Returns 0 or an errno value below 0. ENOENT only when a directory on
 * the way is missing. `user` must be able to search the directories. */
int walk(struct place start, const char *path, unsigned flags, unsigned user,
         struct walked *walked);
/* Writes the path of a directory entry, for messages and /proc/self/fd. */
void place_path(struct place directory, const char *name, char *out, size_t size);
/* True when the user may do this: a sum of 4 (read), 2 (write), 1 (search). */
bool inode_allows(const struct inode *inode, unsigned user, unsigned wanted);

#endif

#include "simulation/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LINKS = 16, NAME_LIMIT = 255, PATH_LIMIT = 1024 };

static struct mount mounts[MOUNTS];
static unsigned last_number;

void mounts_reset(void)
{
    memset(mounts, 0, sizeof mounts);
    last_number = 20;
    mounts[0] = (struct mount){.used = true, .number = 20, .root = disks[0].root, .path = "/"};
    inode_hold(disks[0].root);
}

struct place mounts_root(void)
{
    return (struct place){&mounts[0], mounts[0].root};
}

/* Crosses into whatever is mounted there. */
static struct place covered_by(struct place place)
{
    for (unsigned i = MOUNTS; i-- > 1;)
        if (mounts[i].used && mounts[i].above == place.mount && mounts[i].point == place.inode)
            return covered_by((struct place){&mounts[i], mounts[i].root});
    return place;
}

struct mount *mount_add(const char *path, struct inode *root)
{
    struct walked walked;
    unsigned free_slot = 1;
    while (free_slot < MOUNTS && mounts[free_slot].used)
        free_slot++;
    if (free_slot == MOUNTS || walk(mounts_root(), path, WALK_FOLLOW, 0, &walked) != 0 ||
        walked.found.inode == NULL)
        return NULL;
    struct mount *mount = &mounts[free_slot];
    *mount = (struct mount){.used = true,
                            .number = ++last_number,
                            .above = walked.found.mount,
                            .point = walked.found.inode,
                            .root = root};
    snprintf(mount->path, sizeof mount->path, "%s", path);
    inode_hold(mount->point);
    inode_hold(root);
    return mount;
}

void mount_remove(struct mount *mount)
{
    mount->used = false; /* descriptors that lead there stay open, as with umount -l */
    inode_release(mount->point);
    inode_release(mount->root);
}

struct mount *mount_at(const char *path)
{
    for (unsigned i = MOUNTS; i-- > 0;)
        if (mounts[i].used && strcmp(mounts[i].path, path) == 0)
            return &mounts[i];
    return NULL;
}

struct mount *mounts_next(const struct mount *before)
{
    struct mount *mount = before == NULL ? mounts : mounts + (before - mounts) + 1;
    while (mount < mounts + MOUNTS && !mount->used)
        mount++;
    return mount < mounts + MOUNTS ? mount : NULL;
}

bool inode_allows(const struct inode *inode, unsigned user, unsigned wanted)
{
    const struct attributes *attributes = &inode->now.attributes;
    unsigned granted = attributes->owner == user   ? attributes->mode >> 6
                       : attributes->group == user ? attributes->mode >> 3
                                                   : attributes->mode;
    return user == 0 || (granted & wanted) == wanted;
}

static struct place step_up(struct place place)
{
    while (place.inode == place.mount->root && place.mount->above != NULL)
        place = (struct place){place.mount->above, place.mount->point};
    return (struct place){place.mount, place.inode->parent};
}

/* The walk's state: where it is, and the text that is left. */
struct walk {
    struct place at;
    char rest[PATH_LIMIT];
    unsigned links;
    unsigned flags;
    unsigned user;
};

/* Puts a link's text in front of what is left. */
static int follow_link(struct walk *walk, const struct inode *link, const char *rest)
{
    char text[PATH_LIMIT];
    if ((walk->flags & WALK_NO_LINKS) != 0 || ++walk->links > MOST_LINKS)
        return -ELOOP;
    int length = snprintf(text, sizeof text, "%.*s%s%s", (int)link->now.bytes.length,
                          (const char *)link->now.bytes.data, *rest == '\0' ? "" : "/", rest);
    if (length >= (int)sizeof text)
        return -ENAMETOOLONG;
    if (text[0] == '/')
        walk->at = mounts_root();
    memcpy(walk->rest, text, (size_t)length + 1);
    return 0;
}

/* Handles one name. Returns 1 when it was the last one. */
static int walk_name(struct walk *walk, const char *text, size_t length, const char *rest,
                     struct walked *walked)
{
    struct inode *directory = walk->at.inode;
    while (*rest == '/')
        rest++;
    bool is_last = *rest == '\0';
    if (length > NAME_LIMIT)
        return -ENAMETOOLONG;
    if (directory->kind != INODE_DIRECTORY)
        return -ENOTDIR;
    if (!inode_allows(directory, walk->user, 1))
        return -EACCES;
    const char *name = disk_name(text, length);
    struct place found = {walk->at.mount, inode_find(directory, name)};
    if (found.inode != NULL && !(is_last && (walk->flags & WALK_UNDER_MOUNTS) != 0))
        found = covered_by(found);
    if (found.inode != NULL && found.inode->kind == INODE_LINK &&
        (!is_last || (walk->flags & WALK_FOLLOW) != 0))
        return follow_link(walk, found.inode, rest);
    if (is_last) {
        *walked = (struct walked){walk->at, name, found};
        return 1;
    }
    if (found.inode == NULL)
        return -ENOENT;
    walk->at = found;
    memmove(walk->rest, rest, strlen(rest) + 1);
    return 0;
}

int walk(struct place start, const char *path, unsigned flags, unsigned user, struct walked *walked)
{
    struct walk state;
    state.at = path[0] == '/' ? mounts_root() : start;
    state.links = 0;
    state.flags = flags;
    state.user = user;
    if (path[0] == '\0')
        return -ENOENT;
    size_t size = strlen(path) + 1;
    if (size > sizeof state.rest)
        return -ENAMETOOLONG;
    memcpy(state.rest, path, size);
    for (;;) {
        const char *text = state.rest;
        while (*text == '/')
            text++;
        size_t length = (size_t)(strchrnul(text, '/') - text);
        if (length == 0) {
            *walked = (struct walked){.directory = state.at, .found = state.at};
            return state.at.inode->kind == INODE_DIRECTORY || path[strlen(path) - 1] != '/'
                       ? 0
                       : -ENOTDIR;
        }
        if (text[0] == '.' && (length == 1 || (length == 2 && text[1] == '.'))) {
            if (state.at.inode->kind != INODE_DIRECTORY)
                return -ENOTDIR;
            state.at = length == 2 ? step_up(state.at) : state.at;
            memmove(state.rest, text + length, strlen(text + length) + 1);
            continue;
        }
        int done = walk_name(&state, text, length, text + length, walked);
        if (done != 0)
            return done < 0 ? done : 0;
    }
}

static const char *name_in(const struct inode *directory, const struct inode *inode)
{
    const struct entries *entries = &directory->now.entries;
    for (unsigned i = 0; i < entries->count; i++)
        if (entries->items[i].inode == inode)
            return entries->items[i].name;
    return "(deleted)";
}

void place_path(struct place directory, const char *name, char *out, size_t size)
{
    char path[PATH_LIMIT];
    snprintf(path, sizeof path, "%s%s", name == NULL ? "" : "/", name == NULL ? "" : name);
    struct place at = directory;
    for (;;) {
        char longer[PATH_LIMIT];
        while (at.inode == at.mount->root && at.mount->above != NULL)
            at = (struct place){at.mount->above, at.mount->point};
        if (at.inode == at.inode->parent)
            break;
        const char *own = name_in(at.inode->parent, at.inode);
        if (snprintf(longer, sizeof longer, "/%s%s", own, path) >= (int)sizeof longer)
            break;
        memcpy(path, longer, sizeof path);
        at.inode = at.inode->parent;
    }
    snprintf(out, size, "%s", path[0] == '\0' ? "/" : path);
}

#include "store/attributes.h"

#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define ACL_NAME "system.posix_acl_access"

/* Version 2 of linux/posix_acl_xattr.h, little-endian: a version of 4 bytes, then entries of a tag
 * and rights (2 bytes each) and a user or group (4 bytes). */
enum {
    ACL_VERSION = 2,
    ACL_HEADER_SIZE = 4,
    ACL_ENTRY_SIZE = 8,
    TAG_OWNER = 0x01,
    TAG_NAMED_USER = 0x02,
    TAG_NAMED_GROUP = 0x08,
    TAG_MASK = 0x10, /* there is one exactly when there are named users or groups */
    TAG_OTHERS = 0x20,
};

/* Makes the path by which a file that is open with O_PATH only can be asked (proc(5)). */
static const char *path_of(int file, char path[32])
{
    format_text(path, 32, "/proc/self/fd/%d", file);
    return path;
}

/* Reads an attribute into `value`, which it empties first. Returns false with errno set. */
static bool read_attribute(int file, const char *name, struct buf *value)
{
    char path[32];
    buf_clear(value);
    if (!buf_reserve(value, value->limit)) {
        errno = ENOMEM;
        return false;
    }
    ssize_t length = fgetxattr(file, name, value->data, value->limit);
    if (length < 0 && errno == EBADF)
        length = getxattr(path_of(file, path), name, value->data, value->limit);
    value->length = length > 0 ? (size_t)length : 0;
    return length >= 0;
}

static unsigned number_at(struct str acl, size_t at)
{
    return (unsigned char)acl.data[at] | (unsigned)(unsigned char)acl.data[at + 1] << 8;
}

/* Puts the place of the next entry into `at`, which is 0 at first. */
static bool next_entry(struct str acl, size_t *at)
{
    *at = *at == 0 ? ACL_HEADER_SIZE : *at + ACL_ENTRY_SIZE;
    return *at + ACL_ENTRY_SIZE <= acl.length;
}

/* Returns the rights of the only entry with this tag, or -1. */
static int rights_of(struct str acl, unsigned tag)
{
    for (size_t at = 0; next_entry(acl, &at);)
        if (number_at(acl, at) == tag)
            return (int)(number_at(acl, at + 2) & 7);
    return -1;
}

bool attributes_read_acl(int file, struct buf *acl)
{
    return read_attribute(file, ACL_NAME, acl) && acl->length > ACL_HEADER_SIZE &&
           (acl->length - ACL_HEADER_SIZE) % ACL_ENTRY_SIZE == 0 &&
           number_at(buf_str(acl), 0) == ACL_VERSION && rights_of(buf_str(acl), TAG_MASK) >= 0;
}

mode_t attributes_acl_mask(struct str acl)
{
    return (mode_t)rights_of(acl, TAG_MASK) << 3;
}

static void warn_lost(const struct attributes_place *place, const char *name, int number)
{
    log_once(LOG_LEVEL_WARN,
             "%s: the attribute %s of %s cannot be carried over to the new file: %s", place->arn,
             name, place->path, strerror(number));
}

static bool is_carried(const char *name)
{
    return str_starts_with(str_from(name), STR("user.")) || strcmp(name, "security.selinux") == 0 ||
           strcmp(name, "security.SMACK64") == 0;
}

/* The kernel gives a new file a label, often the right one already: only another one is set, which
 * may take a privilege. */
static void carry_one(const struct attributes_place *place, int from, int to, const char *name,
                      struct buf *value, struct buf *present)
{
    if (!read_attribute(from, name, value)) {
        if (errno != ENODATA)
            warn_lost(place, name, errno);
        return;
    }
    if (read_attribute(to, name, present) && str_equal(buf_str(present), buf_str(value)))
        return;
    if (fsetxattr(to, name, value->data, value->length, 0) != 0)
        warn_lost(place, name, errno);
}

/* Reads the names of the attributes, each terminated, into `names`. */
static bool list_attributes(int file, struct buf *names)
{
    char path[32];
    if (!buf_reserve(names, names->limit)) {
        errno = ENOMEM;
        return false;
    }
    ssize_t length = flistxattr(file, names->data, names->limit);
    if (length < 0 && errno == EBADF)
        length = listxattr(path_of(file, path), names->data, names->limit);
    names->length = length > 0 ? (size_t)length : 0;
    return length >= 0 || errno == EOPNOTSUPP;
}

void attributes_carry_over(const struct attributes_place *place, int from, int to)
{
    BUF_AUTO struct buf names = BUF(LIMIT_ATTRIBUTE_NAMES);
    BUF_AUTO struct buf value = BUF(LIMIT_ATTRIBUTE_VALUE);
    BUF_AUTO struct buf present = BUF(LIMIT_ATTRIBUTE_VALUE);
    struct str name;
    fremovexattr(to, ACL_NAME);
    if (!list_attributes(from, &names)) {
        warn_lost(place, "list", errno);
        return;
    }
    struct str rest = buf_str(&names);
    while (rest.length > 0 && str_next(&rest, '\0', &name))
        if (is_carried(name.data))
            carry_one(place, from, to, name.data, &value, &present);
}

/* Returns true when a named user or group has rights in the list that `mode` does not allow. */
static bool takes_rights_away(struct str acl, mode_t mode)
{
    unsigned lost = (unsigned)((attributes_acl_mask(acl) & ~mode) >> 3);
    for (size_t at = 0; next_entry(acl, &at);) {
        unsigned tag = number_at(acl, at);
        if ((tag == TAG_NAMED_USER || tag == TAG_NAMED_GROUP) &&
            (number_at(acl, at + 2) & lost) != 0)
            return true;
    }
    return false;
}

bool attributes_set_acl(const struct attributes_place *place, int to, struct buf *acl, mode_t mode)
{
    if (takes_rights_away(buf_str(acl), mode))
        log_once(LOG_LEVEL_WARN,
                 "%s: the access control list of %s gives named users or groups more than the "
                 "configured mode %04o allows a group: they get no more than that; if they need "
                 "it, configure another mode",
                 place->arn, place->path, (unsigned)mode);
    for (size_t at = 0; next_entry(buf_str(acl), &at);) {
        unsigned tag = number_at(buf_str(acl), at);
        if (tag == TAG_OWNER || tag == TAG_MASK || tag == TAG_OTHERS)
            acl->data[at + 2] = (char)(mode >> (tag == TAG_OWNER  ? 6
                                                : tag == TAG_MASK ? 3
                                                                  : 0) &
                                       7);
    }
    if (fsetxattr(to, ACL_NAME, acl->data, acl->length, 0) == 0)
        return true;
    warn_lost(place, ACL_NAME, errno);
    return false;
}

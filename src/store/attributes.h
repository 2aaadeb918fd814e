/* The attributes that a new file takes over from the file that it replaces (xattr(7)): its POSIX
 * access control list, its SELinux or SMACK label, and all that a person gave it (user.*). Nothing
 * else: security.ima and security.evm are signatures of the old contents, and a file with a wrong
 * one cannot be read; security.capability is for programs.
 *
 * A new file has the directory's default access control list, if there is one, only when no file is
 * replaced: a replaced file's own list decides, also when it has none. The mode's group digit is
 * the list's mask: it is what named users and groups get at most. A configured mode therefore
 * limits every list; without a configured mode, the mask of the replaced file's list stays. */
#ifndef WCP_STORE_ATTRIBUTES_H
#define WCP_STORE_ATTRIBUTES_H

#include "base/buf.h"

#include <sys/types.h>

/* The file that is replaced, for messages. Both are borrowed. */
struct attributes_place {
    const char *arn; /* of the certificate */
    const char *path;
};

/* Reads the access control list of an open file (also one opened with O_PATH, if there is /proc)
 * into `acl`. Returns false when it has none, or none that says more than a mode. */
bool attributes_read_acl(int file, struct buf *acl);
/* Returns the mask of a list that attributes_read_acl has read, as group bits of a mode. */
mode_t attributes_acl_mask(struct str acl);

/* Gives the new file `to` the labels and user.* attributes of `from`, the replaced file, and takes
 * away the list that it has from the directory. What cannot be carried over is logged as a warning,
 * once for each file and attribute in the life of this process. Call it while `to` is this user's,
 * empty and 0600. */
void attributes_carry_over(const struct attributes_place *place, int from, int to);
/* Gives the new file the list `acl`, with owner's, group's and others' bits of `mode`. The file is
 * never open to more than that, not even for a moment. Warns as above, also when the mode takes
 * rights away that named users or groups had.
 * Returns false when the file has no list. */
bool attributes_set_acl(const struct attributes_place *place, int to, struct buf *acl, mode_t mode);

#endif

/* Reads files that decide what this program does, and refuses those that others could change: who
 * may write is judged for the file, and for every directory and link on the way to it. */
#ifndef WCP_BASE_WHO_MAY_WRITE_H
#define WCP_BASE_WHO_MAY_WRITE_H

#include "base/buf.h"
#include "base/error.h"

#include <sys/stat.h>

/* Who, besides root and the user `self`, could change something. */
enum writers {
    WRITERS_NONE,
    WRITERS_OWNER,  /* its owner is another user */
    WRITERS_OTHERS, /* its group or everybody */
    WRITERS_LINKED, /* whoever made this second name of the file */
};

/* Judges a file or directory by its owner and mode. A group counts as others, whoever is in it: its
 * bits also limit the entries of an access control list. */
enum writers who_may_write(const struct stat *status, uid_t self);

/* Judges `entry` as a name in `directory` where everybody may create names, but only owners may
 * remove them (the sticky bit, as in /tmp). The caller has judged the directory's owner. */
enum writers who_may_replace_sticky(const struct stat *entry, uid_t self);

/* Reads a whole regular file and appends it to `buf`, after a check that only root and the
 * effective user can change it, or what the path leads to. Directories are opened before they are
 * judged, links are followed one by one, and the bytes come from the descriptor that was judged:
 * nobody can exchange anything in between. Sticky directories of root and volumes of Kubernetes
 * (mount_is_sealed) are accepted. `what` names the file in the message, for example "CA bundle".
 * `mode`, unless NULL, becomes the mode of the file. `buf` may be NULL: then the file is judged
 * only, and it need not be readable. Errors: those of file_read, and
 * ERROR_CONFIGURATION when others can change something; the advice then is the command that helps.
 */
bool protected_file_read(const char *path, const char *what, struct buf *buf, mode_t *mode,
                         struct error *error);

#endif

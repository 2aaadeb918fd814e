/* Reading and writing of whole files. */
#ifndef WCP_BASE_FILE_H
#define WCP_BASE_FILE_H

#include "base/buf.h"
#include "base/error.h"

#include <limits.h>
#include <sys/types.h>

/* Closes the descriptor at the end of the block that declares it, unless it is negative. */
#define FD_AUTO __attribute__((cleanup(close_descriptor)))
void close_descriptor(const int *descriptor);

/* Writes all bytes: continues after signals and short writes. Returns false with errno set. */
bool write_all(int descriptor, struct str bytes);
/* Reads up to the end of the file and appends to `buf`. Returns false with errno set; EFBIG means
 * that there is more than the limit of the buffer. */
bool read_all(int descriptor, struct buf *buf);
/* Reads a whole regular file and appends it to `buf`. It follows symbolic links. `what` names the
 * file in the message, for example "CA bundle". Errors: ERROR_CONFIGURATION when the file is
 * absent, not regular, or larger than the buffer's limit; ERROR_DENIED when this user may not read
 * it; ERROR_TRANSIENT when the device fails; ERROR_INTERNAL when memory is short. */
bool file_read(const char *path, const char *what, struct buf *buf, struct error *error);
/* The same for a file that is open already; `path` is for messages. */
bool file_read_descriptor(int descriptor, const char *path, const char *what, struct buf *buf,
                          struct error *error);

/* Replaces `path` with a file of this text and mode by a rename: readers see the old file or the
 * new one. `path` is relative to `directory`, as for openat(2). The text goes to `path`.new first.
 * Syncs nothing to disk. Returns false with errno set. */
bool file_replace(int directory, const char *path, struct str text, mode_t mode);

/* Writes the absolute path of an existing file, with all symbolic links resolved, to `out`. Needs
 * /proc. Returns false with errno set. */
bool file_real_path(const char *path, char out[PATH_MAX]);

#endif

/* Reading and writing whole files through descriptors. */
#ifndef WCP_BASE_FILE_H
#define WCP_BASE_FILE_H

#include "base/buf.h"
#include "base/error.h"

#include <limits.h>
#include <sys/types.h>

/* Closes the descriptor, when it is one, at the end of the block it is declared in. */
#define FD_AUTO __attribute__((cleanup(close_descriptor)))
void close_descriptor(const int *descriptor);

/* Writes everything, going on after signals and short writes; false with errno set otherwise. */
bool write_all(int descriptor, struct str bytes);
/* Appends what is left in the descriptor to `buf`; false with errno set (EFBIG: more than the
 * buffer's limit). */
bool read_all(int descriptor, struct buf *buf);
/* Reads a regular file whole, following links; `what` names it in the error, for example "CA
 * bundle". One that is absent or not regular is ERROR_CONFIGURATION, one that may not be read
 * ERROR_DENIED, a damaged medium ERROR_TRANSIENT. */
bool file_read(const char *path, const char *what, struct buf *buf, struct error *error);

/* Puts a file with this text and mode in the place of `path` (relative to `directory`, as openat(2)
 * has it): readers see the old file or the new one. Nothing is synced. `path`.new is used
 * meanwhile. False with errno set. */
bool file_replace(int directory, const char *path, struct str text, mode_t mode);

/* The path without links, of something that exists, terminated; /proc must be mounted. False with
 * errno set. */
bool file_real_path(const char *path, char out[PATH_MAX]);

#endif

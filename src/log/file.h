/* A log file of bounded size with numbered archives. Rotation renames files and copies nothing. The
 * file is closed after every line, so that other programs may move, truncate or unmount it. */
#ifndef WCP_LOG_FILE_H
#define WCP_LOG_FILE_H

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

#define LOG_FILE_NAME "acm_provider.log"

/* The log is `directory`/acm_provider.log. Its archives are `directory`/archive/acm_provider_N.log,
 * where 1 is the newest. */
struct log_file {
    char *directory;    /* created with mode 0750 when absent, but not its parents; borrowed */
    uint32_t max_bytes; /* a line that would exceed this size begins a new file */
    uint32_t archives;  /* the number of archives kept, at most LIMIT_LOG_ARCHIVES */
};

/* Appends one line, which includes its newline. Creates the file with mode 0640. Returns false with
 * ERROR_TRANSIENT when the line cannot be written, or the file is a symbolic link, has another hard
 * link, or is not regular. No part of the line is then left in the file. */
bool log_file_write(const struct log_file *file, struct str line, struct error *error);

/* Returns true when a line can be written, as far as this is known without writing one. Otherwise
 * returns false with ERROR_TRANSIENT. */
bool log_file_is_writable(const struct log_file *file, struct error *error);

#endif

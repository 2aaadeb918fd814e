/* The log as a file that is bounded: archives by number, renames only. Nothing stays open between
 * two lines, so that whoever moves, truncates or unmounts the file is in nobody's way. */
#ifndef WCP_LOG_FILE_H
#define WCP_LOG_FILE_H

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

#define LOG_FILE_NAME "acm_provider.log"

/* The log is `directory`/acm_provider.log, its archives are archive/acm_provider_N.log below that,
 * 1 the newest. */
struct log_file {
    char *directory;    /* made when it is absent (0750), its parents are not */
    uint32_t max_bytes; /* the line that would pass this begins a new file */
    uint32_t archives;  /* how many are kept, at most LIMIT_LOG_ARCHIVES */
};

/* Appends one line, its newline included, whole or not at all; a new file has mode 0640. Refused:
 * a link, a file with a second name, whatever is no regular file. False: nothing of the line is in
 * the file, ERROR_TRANSIENT. */
bool log_file_write(const struct log_file *file, struct str line, struct error *error);

/* Whether a line could be written now, as far as can be told without writing one. */
bool log_file_is_writable(const struct log_file *file, struct error *error);

#endif

/* Detects that files were replaced, rewritten or removed, by any method. It watches, with
 * inotify(7), every directory on the path to a file, and follows symbolic links. */
#ifndef WCP_SUPERVISOR_WATCH_FILES_H
#define WCP_SUPERVISOR_WATCH_FILES_H

#include "base/limits.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Of the paths: the configuration, then the files of credentials. */
enum { WATCH_CONFIG, WATCH_CREDENTIALS };
enum { WATCH_FILES = 1 + LIMIT_CREDENTIAL_FILES, WATCH_ENTRIES = 96 };

/* A watched name: one component of a file's path, in its directory. */
struct watch_files_entry {
    int watch;     /* inotify's descriptor of the directory */
    unsigned file; /* index of the file */
    char name[NAME_MAX + 1];
};

struct watch {
    int events; /* readable after a change; -1: nothing is watched */
    unsigned count;
    struct watch_files_entry *entries;
    bool being_written[WATCH_FILES]; /* a writer has the file open: its content is incomplete */
    bool incomplete;                 /* not every path is watched: start again later */
};

/* Starts to watch up to WATCH_FILES paths, in place of those watched before. NULL paths are
 * skipped. A path that cannot be watched is reported in the log. */
void watch_files_start(struct watch *watch, const char *const paths[WATCH_FILES]);
void watch_files_stop(struct watch *watch);

/* Reads pending events. Sets `changed` for each file that may have changed. A file that is being
 * written is not reported until its writer closes it. */
void watch_files_read(struct watch *watch, bool changed[WATCH_FILES]);

#endif

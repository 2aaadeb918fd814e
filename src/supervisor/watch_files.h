/* Notices that files were replaced, rewritten or removed, whatever the way: inotify(7) on every
 * directory that is looked into on the way to them, links followed. */
#ifndef WCP_SUPERVISOR_WATCH_FILES_H
#define WCP_SUPERVISOR_WATCH_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { WATCH_FILES = 3, WATCH_ENTRIES = 48 };

/* A name in a directory that a file's path goes through. */
struct watch_files_entry {
    int watch; /* of the directory */
    unsigned file;
    char name[NAME_MAX + 1];
};

struct watch {
    int events; /* readable when something happened; -1: nothing is watched */
    unsigned count;
    struct watch_files_entry *entries;
    bool being_written[WATCH_FILES]; /* somebody has the file open and writes: what it holds is a
                                        part */
    bool incomplete; /* the kernel had not enough for all of them: begin anew later */
};

/* Begins, or begins anew, to watch up to WATCH_FILES paths; NULL ones are skipped. What cannot be
 * watched is said in the log. */
void watch_files_start(struct watch *watch, const char *const paths[WATCH_FILES]);
void watch_files_stop(struct watch *watch);

/* Reads what has happened. Sets `changed` for each file that may be another one now; files that are
 * being written are not, until their writer closes them. */
void watch_files_read(struct watch *watch, bool changed[WATCH_FILES]);

#endif

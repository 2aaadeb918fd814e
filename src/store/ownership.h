/* The owner, group and mode of an installed file. */
#ifndef WCP_STORE_OWNERSHIP_H
#define WCP_STORE_OWNERSHIP_H

#include "config/config.h"

#include <sys/stat.h>

struct ownership {
    uid_t owner;
    gid_t group;
    mode_t mode;
};

/* Chooses owner and group: the configured ones; else those of the file that exists (`existing`,
 * NULL when there is none); else those of the directory when the agent is root; else the agent's
 * own. The mode is the configured one. Returns false with ERROR_PERMANENT for an unknown name. */
bool ownership_choose(const struct permission *permission, const struct stat *existing,
                      const struct stat *directory, struct ownership *ownership,
                      struct error *error);
/* Returns true when the file of `status` has this owner, group and mode. */
bool ownership_matches(const struct ownership *ownership, const struct stat *status);
/* Sets owner and group where they differ, then the mode; umask does not apply. `path` is for the
 * message. Returns false with ERROR_DENIED when the agent's user may not do this, otherwise with
 * ERROR_TRANSIENT. */
bool ownership_apply(int descriptor, const struct ownership *ownership, const char *path,
                     struct error *error);

#endif

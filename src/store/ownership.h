/* Who a new file belongs to and who may use it. */
#ifndef WCP_STORE_OWNERSHIP_H
#define WCP_STORE_OWNERSHIP_H

#include "config/config.h"

#include <sys/stat.h>

struct ownership {
    uid_t owner;
    gid_t group;
    mode_t mode;
};

/* As configured; else the existing file's (`existing`, NULL when there is none); else the
 * directory's when the agent is root; else the agent's user and group. ERROR_PERMANENT for an
 * unknown name. */
bool ownership_choose(const struct permission *permission, const struct stat *existing,
                      const struct stat *directory, struct ownership *ownership,
                      struct error *error);
/* True when a file stands as chosen. */
bool ownership_holds(const struct ownership *ownership, const struct stat *status);
/* fchown(2) where needed, then fchmod(2); umask does not apply. `path` is for the message.
 * ERROR_DENIED when the agent's user may not set it. */
bool ownership_apply(int descriptor, const struct ownership *ownership, const char *path,
                     struct error *error);

#endif
